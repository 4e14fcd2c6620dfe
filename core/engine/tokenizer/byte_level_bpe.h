// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-level BPE: the tokenizers of GPT-2, Llama 3 and DeepSeek.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/engine/tokenizer/added_tokens.h"
#include "core/engine/tokenizer/bpe_merge.h"
#include "core/engine/tokenizer/split_pattern.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

/// The pattern that GPT-2 cuts words with; ByteLevel with use_regex.
inline constexpr const char* kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// Everything a byte-level BPE tokenizer is made of, checked by whoever reads the files.
struct BpeParts {
    struct Split {
        SplitPattern pattern;
        SplitBehaviour behaviour = SplitBehaviour::Isolated;
        bool invert = false;
    };
    struct Token {
        std::string bytes;     // what it adds to a text
        std::string spelling;  // as the file has it
        bool exists = false;   // ids may have gaps
        bool special = false;
    };
    struct PairHash {
        std::size_t operator()(std::uint64_t pair) const noexcept {
            pair *= 0x9E3779B97F4A7C15U;
            return static_cast<std::size_t>(pair ^ (pair >> 32));
        }
    };

    std::vector<Token> tokens;                                  // by id
    std::array<std::int64_t, 256> byteIds{};                    // -1 where a byte has no token
    std::unordered_map<std::uint64_t, Merge, PairHash> merges;  // left << 32 | right
    std::unordered_map<std::string, std::uint32_t> wholeWords;  // only filled with ignore_merges
    std::optional<std::uint32_t> unknown;
    bool fuseUnknown = false;
    AddedTokens added;
    std::vector<Split> splits;                // one after the other
    std::optional<SplitPattern> wordPattern;  // the last split, after the prefix space
    bool addPrefixSpace = false;
    TokenIds beginning;
    TokenIds ending;
    std::vector<TokenId> endTokens;
    std::optional<TokenId> beginToken;
};

class ByteLevelBpe final : public Tokenizer {
public:
    explicit ByteLevelBpe(BpeParts parts) : m_parts(std::move(parts)) {}

    [[nodiscard]] TokenIds encode(std::string_view text) const override;
    [[nodiscard]] TokenIds beginning() const override { return m_parts.beginning; }
    [[nodiscard]] TokenIds ending() const override { return m_parts.ending; }
    [[nodiscard]] std::string bytes(TokenId token, std::optional<TokenId> previous) const override;
    [[nodiscard]] std::optional<std::string> specialName(TokenId token) const override;
    [[nodiscard]] std::int64_t vocabularySize() const override { return static_cast<std::int64_t>(m_parts.tokens.size()); }
    [[nodiscard]] std::vector<TokenId> endTokens() const override { return m_parts.endTokens; }
    [[nodiscard]] std::optional<TokenId> beginToken() const override { return m_parts.beginToken; }
    [[nodiscard]] std::string kind() const override { return "byte-level BPE"; }

private:
    class Encoding;
    [[nodiscard]] const BpeParts::Token& token(TokenId id) const;

    BpeParts m_parts;
};

}  // namespace loom
