// SPDX-License-Identifier: GPL-3.0-or-later
// The byte alphabet of GPT-2: how vocabulary files spell each byte as one printable character.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loom {

/// The character (UTF-8) that stands for a byte: itself if printable, else one from U+0100 on.
[[nodiscard]] const std::string& spellingOfByte(unsigned char byte);
/// The bytes that a token's spelling stands for; nothing if a character is not in the alphabet. `spelling` is valid UTF-8.
[[nodiscard]] std::optional<std::string> bytesOfSpelling(std::string_view spelling);

}  // namespace loom
