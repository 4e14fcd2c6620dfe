// SPDX-License-Identifier: GPL-3.0-or-later
// BPE over bytes (GPT-2, Llama 3, DeepSeek) or over characters with bytes to fall back to (Llama 2, Mistral).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/engine/tokenizer/bpe_parts.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

class BpeTokenizer final : public Tokenizer {
public:
    explicit BpeTokenizer(BpeParts parts);

    [[nodiscard]] TokenIds encode(std::string_view text) const override { return encoded(text, false); }
    [[nodiscard]] TokenIds encodeContinuation(std::string_view text) const override { return encoded(text, true); }
    [[nodiscard]] TokenIds beginning() const override { return m_parts.beginning; }
    [[nodiscard]] TokenIds ending() const override { return m_parts.ending; }
    [[nodiscard]] std::string bytes(TokenId token, std::optional<TokenId> previous) const override;
    [[nodiscard]] std::string decode(std::span<const TokenId> tokens) const override;
    [[nodiscard]] std::optional<std::string> specialName(TokenId token) const override;
    [[nodiscard]] std::int64_t vocabularySize() const override { return static_cast<std::int64_t>(m_parts.tokens.size()); }
    [[nodiscard]] std::vector<TokenId> endTokens() const override { return m_parts.endTokens; }
    [[nodiscard]] std::optional<TokenId> beginToken() const override { return m_parts.beginToken; }
    [[nodiscard]] std::string kind() const override;

private:
    class Encoding;
    /// What a token's spelling begins and ends with (code point + 1, 0 = no spelling): between two tokens whose characters meet in no
    /// merge, nothing is ever joined.
    struct Edges {
        char32_t first = 0;
        char32_t last = 0;
    };

    [[nodiscard]] TokenIds encoded(std::string_view text, bool continued) const;
    [[nodiscard]] const BpeParts::Token& token(TokenId id) const;
    [[nodiscard]] std::string bytesAtStart(const BpeParts::Token& token) const;
    [[nodiscard]] std::int64_t characterToken(char32_t point) const;  // -1 = none
    [[nodiscard]] bool joins(std::uint32_t left, std::uint32_t right) const;

    BpeParts m_parts;
    // Only for the alphabet of characters:
    std::array<std::int64_t, 128> m_ascii{};                   // token of each ASCII character, -1 = none
    std::unordered_map<char32_t, std::uint32_t> m_characters;  // of the others
    std::vector<Edges> m_edges;                                // by id
    PairMap<bool> m_meeting;                                   // last and first characters of a merge's two sides
};

/// What a token with this spelling adds to a text. Throws Error naming `where` if the replacements grow it beyond measure.
[[nodiscard]] std::string decodedSpelling(const BpeDecoding& decoding, std::string_view spelling, bool atStart, const std::string& where);
/// The byte that "<0xNN>" stands for, or -1.
[[nodiscard]] int spelledByte(std::string_view text);

}  // namespace loom
