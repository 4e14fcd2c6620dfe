// SPDX-License-Identifier: GPL-3.0-or-later
// A text file as training text, cut by every separator.
#include "core/data/utf8.h"
#include "core/engine/stories/story_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void story_text(std::string_view input) {
    const auto path = file("stories.txt", input);
    for (const Separator separator :
         {Separator::Auto, Separator::EndOfText, Separator::BlankLines, Separator::BlankLine, Separator::Line, Separator::None}) {
        refusable([&] {
            const auto source = openTextSource(path, separator);
            while (const auto story = source->next()) {
                require(!story->empty() && !firstInvalidUtf8(*story) && story->find('\r') == std::string_view::npos);
                require(story->front() != '\n' && story->back() != '\n');
                require(source->bytesDone() <= source->bytesTotal());
            }
            require(source->report().problems.size() <= kMostProblems);
        });
    }
}

}  // namespace loom::fuzz
