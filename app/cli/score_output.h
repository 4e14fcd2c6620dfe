// SPDX-License-Identifier: GPL-3.0-or-later
// Scorecards on the command line: the words that spelling is judged by, and how a card is shown.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/engine/evaluate/scorecard.h"

namespace loom::cli {

/// The text of a file. Throws Error where it is no UTF-8.
[[nodiscard]] std::string readText(const std::string& path);
/// The words of a file, or nothing where no path is given.
[[nodiscard]] std::optional<WordSet> readVocabulary(const std::string& path);

[[nodiscard]] nlohmann::ordered_json scoreJson(const Scorecard& card);
/// A few lines for people.
[[nodiscard]] std::string scoreText(const Scorecard& card);

}  // namespace loom::cli
