// SPDX-License-Identifier: GPL-3.0-or-later
// What every kind of tokenizer refuses in the same words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/data/ids.h"

namespace loom {

inline constexpr std::size_t kLargestTokenizerFile = std::size_t{64} << 20;
inline constexpr std::int64_t kLargestTokenId = std::int64_t{1} << 24;

/// Throws Error with the byte offset if `text` is not valid UTF-8.
void requireUtf8(std::string_view text);
[[noreturn]] void failTokenOutOfRange(TokenId token, std::int64_t vocabulary);

}  // namespace loom
