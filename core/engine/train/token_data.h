// SPDX-License-Identifier: GPL-3.0-or-later
// Stories of a text file as one row of token ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

struct TokenData {
    std::vector<std::int32_t> ids;  ///< end-of-text, story, end-of-text, story, …, end-of-text
    std::int64_t stories = 0;
    std::int64_t bytes = 0;  ///< UTF-8 bytes of the stories, separators left out
    std::uint64_t hash = 0;  ///< of the ids
};

/// Reads `file` (stories separated by <|endoftext|>) and encodes it. `progress` is told (bytes done, all bytes) now and then. Throws Error
/// naming the file: empty, no text, no UTF-8, more than memory holds, or no end-of-text token; and when stopped.
[[nodiscard]] TokenData readTokenData(const std::filesystem::path& file, const Tokenizer& tokenizer,
                                      const std::function<void(std::int64_t, std::int64_t)>& progress, std::stop_token stop);

}  // namespace loom
