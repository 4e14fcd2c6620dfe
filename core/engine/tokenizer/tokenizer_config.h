// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer_config.json that may lie beside any tokenizer of the Hugging Face kind.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace loom {

/// What we use of it; nothing where the file or the key is absent or null.
struct TokenizerConfig {
    std::string where;  ///< the file, for messages
    std::optional<std::string> eos;
    std::optional<std::string> bos;
    std::optional<bool> addBos;
    std::optional<bool> addEos;
    std::optional<bool> addPrefixSpace;
};

/// Throws Error naming file and key for one that is damaged.
[[nodiscard]] TokenizerConfig readTokenizerConfig(const std::filesystem::path& folder);

}  // namespace loom
