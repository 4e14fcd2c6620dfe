// SPDX-License-Identifier: GPL-3.0-or-later
// JSON lines as training text.
#include "core/data/utf8.h"
#include "core/engine/stories/story_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void story_json_lines(std::string_view input) {
    const auto path = file("stories.jsonl", input);
    for (const char* field : {"", "text"}) {
        refusable([&] {
            const auto source = openJsonLinesSource(path, field);
            while (const auto story = source->next()) {
                require(!story->empty() && !firstInvalidUtf8(*story) && story->find('\r') == std::string_view::npos);
                require(source->bytesDone() <= source->bytesTotal());
            }
            require(source->report().problems.size() <= kMostProblems);
        });
    }
}

}  // namespace loom::fuzz
