// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer.bin of llama2.c: SentencePiece-style pieces with scores.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/engine/tokenizer/bpe_merge.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

/// File: int32 length of the longest token, then per token float32 score, int32 length, bytes.
/// Ids 0, 1, 2 are <unk>, <s>, </s>; "<0xNN>" stands for a byte.
class Llama2cTokenizer final : public Tokenizer {
public:
    /// `data` is the whole file; `vocab` is how many tokens it must hold, 0 = as many as there are.
    /// Throws Error naming `where` when anything is left over, missing or out of range.
    Llama2cTokenizer(std::string_view data, std::int64_t vocab, const std::string& where);

    [[nodiscard]] TokenIds encode(std::string_view text) const override { return encoded(text, " "); }
    [[nodiscard]] TokenIds encodeContinuation(std::string_view text) const override { return encoded(text, {}); }
    [[nodiscard]] TokenIds beginning() const override { return {kBegin}; }
    [[nodiscard]] std::string bytes(TokenId token, std::optional<TokenId> previous) const override;
    [[nodiscard]] std::optional<std::string> specialName(TokenId token) const override;
    [[nodiscard]] std::int64_t vocabularySize() const override { return static_cast<std::int64_t>(m_pieces.size()); }
    [[nodiscard]] std::vector<TokenId> endTokens() const override { return {kBegin, kEnd}; }
    [[nodiscard]] std::optional<TokenId> beginToken() const override { return kBegin; }
    [[nodiscard]] std::string kind() const override { return "llama2.c"; }

private:
    static constexpr TokenId kBegin{1};
    static constexpr TokenId kEnd{2};
    static constexpr std::int64_t kSpecials = 3;

    struct Piece {
        std::string text;  // as the file spells it
        float score = 0;
        int byte = -1;  // what "<0xNN>" stands for
    };

    /// `before` is put before a text that is not empty.
    [[nodiscard]] TokenIds encoded(std::string_view text, std::string_view before) const;
    [[nodiscard]] const Piece& piece(TokenId token) const;
    [[nodiscard]] std::optional<Merge> merged(std::uint32_t left, std::uint32_t right) const;
    void appendCharacter(std::string_view character, std::vector<std::uint32_t>& symbols) const;

    std::vector<Piece> m_pieces;
    std::unordered_map<std::string_view, std::uint32_t> m_ids;  // views into m_pieces
    std::array<std::int64_t, 256> m_byteIds{};                  // -1 where there is none
    std::size_t m_longest = 0;
};

}  // namespace loom
