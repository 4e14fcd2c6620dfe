// SPDX-License-Identifier: GPL-3.0-or-later
// A story with all its branches as a file: NAME.story.json.
#pragma once

#include <filesystem>
#include <string>

#include "core/data/story_tree.h"

namespace loom {

inline constexpr std::size_t kLargestStoryFile = std::size_t{64} << 20;

/// What the file holds, as text. Alternatives are not kept: another press on Write brings them back.
[[nodiscard]] std::string storyFileText(const StoryTree& tree);
/// Throws Error naming file and key: another format, a passage behind what it goes on from, an empty one, a token that is none, text that
/// is not UTF-8, a file beyond kLargestStoryFile.
[[nodiscard]] StoryTree readStoryFile(const std::filesystem::path& file);
/// Whole or not at all. Throws Error naming the file.
void writeStoryFile(const std::filesystem::path& file, const StoryTree& tree);

/// The story that is shown as Markdown: what a person typed or changed in bold, and how it came about below.
[[nodiscard]] std::string storyMarkdown(const StoryTree& tree);

}  // namespace loom
