// SPDX-License-Identifier: GPL-3.0-or-later
// JSON from files that nobody has checked, and text from files in messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace loom {

/// What a file may ask of the parser before it is refused.
struct JsonLimits {
    std::size_t depth = 32;          ///< levels of nesting
    std::size_t values = 4'000'000;  ///< keys, numbers, texts, lists and objects together
};

/// Parses strictly: no duplicate keys at any level, valid UTF-8, nothing after the value, within the limits.
/// `where` names the file in the Error that it throws.
[[nodiscard]] nlohmann::json parseJson(std::string_view text, const std::string& where, const JsonLimits& limits = {});

/// Text from a file for a message: in quotes, on one line, shortened when it is long.
[[nodiscard]] std::string inQuotes(std::string_view text);

}  // namespace loom
