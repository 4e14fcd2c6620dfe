// SPDX-License-Identifier: GPL-3.0-or-later
// Walking through text that is known to be valid UTF-8, character by character.
#pragma once

#include <cstddef>
#include <string_view>

namespace loom {

/// Where the character that begins at `at` ends.
[[nodiscard]] inline std::size_t characterEnd(std::string_view text, std::size_t at) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    return at;
}

/// Where the character that ends before `at` begins; at > 0.
[[nodiscard]] inline std::size_t characterBefore(std::string_view text, std::size_t at) {
    --at;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    return at;
}

/// The code point of the character that begins at `at`.
[[nodiscard]] inline char32_t codePointAt(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
    const char32_t lead = byte(at);
    if (lead < 0x80) return lead;
    if (lead < 0xE0) return (lead & 0x1F) << 6 | (byte(at + 1) & 0x3F);
    if (lead < 0xF0) return (lead & 0x0F) << 12 | (byte(at + 1) & 0x3F) << 6 | (byte(at + 2) & 0x3F);
    return (lead & 0x07) << 18 | (byte(at + 1) & 0x3F) << 12 | (byte(at + 2) & 0x3F) << 6 | (byte(at + 3) & 0x3F);
}

}  // namespace loom
