// SPDX-License-Identifier: GPL-3.0-or-later
// Scorecards on the command line: the words that spelling is judged by, and how a card is shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/engine/evaluate/scorecard.h"
#include "core/engine/stories/story_source.h"

namespace loom::cli {

/// All stories of a source, or the first `most` of them. Throws Error where one of them is no text: what is measured must be whole.
[[nodiscard]] std::vector<std::string> readStories(StorySource& source, std::int64_t most = 0);
/// The words of a file, or nothing where no path is given.
[[nodiscard]] std::optional<WordSet> readVocabulary(const std::string& path);

[[nodiscard]] nlohmann::ordered_json scoreJson(const Scorecard& card);
/// A few lines for people.
[[nodiscard]] std::string scoreText(const Scorecard& card);

}  // namespace loom::cli
