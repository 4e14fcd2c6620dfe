// SPDX-License-Identifier: GPL-3.0-or-later
// UTF-8: checking text that comes from people and files, and putting together what tokens deliver in pieces.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace loom {

/// Byte offset of the first byte that is no valid UTF-8 (overlong forms and surrogates included), or nothing.
[[nodiscard]] std::optional<std::size_t> firstInvalidUtf8(std::string_view text);
/// Replaces what is invalid by U+FFFD: one for each byte that can begin no character, and one for each beginning that breaks off.
[[nodiscard]] std::string repairedUtf8(std::string_view text);
/// The beginning of a text, at most `most` bytes, without half a character at its end.
[[nodiscard]] std::string_view beginningOfUtf8(std::string_view text, std::size_t most);

/// Turns a stream of byte pieces into a stream of whole characters.
class Utf8Assembler {
public:
    /// Adds bytes and returns every character that is complete now. Bytes that can never become a character come back as U+FFFD.
    [[nodiscard]] std::string push(std::string_view bytes);
    /// What is left over at the end, as U+FFFD if it is no whole character.
    [[nodiscard]] std::string flush();

private:
    std::string m_pending;
};

}  // namespace loom
