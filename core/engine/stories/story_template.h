// SPDX-License-Identifier: GPL-3.0-or-later
// A small template language for texts that vary: "[red|blue] ball" chooses, "{hero}" looks a word up, "a(n) " becomes "a " or "an ".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace loom {

/// Words by name, for "{name}".
using TemplateWords = std::map<std::string, std::string, std::less<>>;
/// A number in [0, below), below ≥ 1.
using Chooser = std::function<std::int64_t(std::int64_t below)>;

/// Expands a template. Choices may be nested; an unchosen branch draws no random number. Throws Error naming what is wrong with the
/// template: a bracket that is not closed, an unknown word.
[[nodiscard]] std::string expandTemplate(std::string_view text, const TemplateWords& words, const Chooser& choose);

}  // namespace loom
