// SPDX-License-Identifier: GPL-3.0-or-later
// A story with its branches: what is read can be written and read again as the same.
#include "core/engine/generate/story_file.h"

#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void story_file(std::string_view input) {
    file("a.story.json", input);
    refusable([&] {
        const StoryTree tree = readStoryFile(folder() / "a.story.json");
        require(tree.problem().empty());
        writeStoryFile(folder() / "b.story.json", tree);
        const StoryTree again = readStoryFile(folder() / "b.story.json");
        require(storyFileText(again) == storyFileText(tree));
        require(!storyMarkdown(tree).empty());
    });
}

}  // namespace loom::fuzz
