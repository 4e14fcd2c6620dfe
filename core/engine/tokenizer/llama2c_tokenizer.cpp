// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer.bin of llama2.c: reading it, merging by score, byte fallback.
#include "core/engine/tokenizer/llama2c_tokenizer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/tokenizer/bpe_tokenizer.h"
#include "core/engine/tokenizer/tokenizer_errors.h"

namespace loom {
namespace {

static_assert(std::endian::native == std::endian::little, "llama2.c files are little-endian");

constexpr float kLowestScore = -1e10F;  // llama2.c never merges into a piece with this score or a lower one

constexpr std::size_t kMostPieces = std::size_t{1} << 20;

/// Takes values off the front of a file.
class Reader {
public:
    Reader(std::string_view data, const std::string& where) : m_rest(data), m_where(where) {}

    template <class T>
    T number(std::size_t token) {
        T value;
        std::memcpy(&value, text(sizeof(T), token).data(), sizeof(T));
        return value;
    }
    std::string_view text(std::size_t length, std::size_t token) {
        if (length > m_rest.size()) {
            throw Error{"The tokenizer file ends inside token " + std::to_string(token), m_where,
                        "It is cut off, or belongs to a model with a smaller vocabulary"};
        }
        const std::string_view taken = m_rest.substr(0, length);
        m_rest.remove_prefix(length);
        return taken;
    }
    [[nodiscard]] std::size_t left() const { return m_rest.size(); }

private:
    std::string_view m_rest;
    const std::string& m_where;
};

}  // namespace

Llama2cTokenizer::Llama2cTokenizer(std::string_view data, std::int64_t vocab, const std::string& where) {
    const auto fail = [&](std::size_t token, const std::string& what) {
        throw Error{what, where + ": token " + std::to_string(token), "This is no tokenizer.bin of llama2.c, or it is damaged"};
    };
    if (data.size() > kLargestTokenizerFile) {
        throw Error{"The tokenizer file is larger than 64 MiB", where, "Choose a tokenizer.bin; a checkpoint is something else"};
    }
    Reader reader(data, where);
    const auto longest = reader.number<std::int32_t>(0);
    if (longest <= 0) {
        throw Error{"The length of the longest token is " + std::to_string(longest), where,
                    "This is no tokenizer.bin of llama2.c, or it is damaged"};
    }
    while (vocab > 0 ? static_cast<std::int64_t>(m_pieces.size()) < vocab : reader.left() > 0) {
        const std::size_t id = m_pieces.size();
        if (vocab > 0 && reader.left() == 0) {
            throw Error{"The tokenizer has " + std::to_string(id) + " tokens, but the network has " + std::to_string(vocab), where,
                        "Use the tokenizer that the network was trained with"};
        }
        const auto score = reader.number<float>(id);
        const auto length = reader.number<std::int32_t>(id);
        if (std::isnan(score)) fail(id, "A token's score is not a number");
        if (length <= 0 || length > longest)
            fail(id, "A token's length is " + std::to_string(length) + ", which is not between 1 and " + std::to_string(longest));
        if (id >= kMostPieces) fail(id, "The file has more than " + std::to_string(kMostPieces) + " tokens");
        Piece piece{std::string(reader.text(static_cast<std::size_t>(length), id)), score, -1};
        piece.byte = spelledByte(piece.text);
        m_pieces.push_back(std::move(piece));
    }
    if (reader.left() > 0) {
        throw Error{"The tokenizer has more tokens than the network's " + std::to_string(vocab), where,
                    "Use the tokenizer that the network was trained with"};
    }
    if (vocabularySize() <= kSpecials) {
        throw Error{"The tokenizer has only " + std::to_string(vocabularySize()) + " tokens", where,
                    "A llama2.c tokenizer begins with <unk>, <s> and </s> and has pieces after them"};
    }
    m_byteIds.fill(-1);
    for (std::size_t id = kSpecials; id < m_pieces.size(); ++id) {
        const Piece& piece = m_pieces[id];
        if (piece.byte >= 0) {
            std::int64_t& byteId = m_byteIds[static_cast<std::size_t>(piece.byte)];
            if (byteId < 0) byteId = static_cast<std::int64_t>(id);
        } else if (!piece.text.empty()) {
            m_ids.emplace(piece.text, static_cast<std::uint32_t>(id));
            m_longest = std::max(m_longest, piece.text.size());
        }
    }
}

const Llama2cTokenizer::Piece& Llama2cTokenizer::piece(TokenId token) const {
    if (token.value() < 0 || token.value() >= vocabularySize()) failTokenOutOfRange(token, vocabularySize());
    return m_pieces[token.index()];
}

std::optional<Merge> Llama2cTokenizer::merged(std::uint32_t left, std::uint32_t right) const {
    const std::string& a = m_pieces[left].text;
    const std::string& b = m_pieces[right].text;
    if (a.size() + b.size() > m_longest) return std::nullopt;
    const auto found = m_ids.find(a + b);
    if (found == m_ids.end() || m_pieces[found->second].score <= kLowestScore) return std::nullopt;
    return Merge{-static_cast<double>(m_pieces[found->second].score), found->second};
}

void Llama2cTokenizer::appendCharacter(std::string_view character, std::vector<std::uint32_t>& symbols) const {
    if (const auto found = m_ids.find(character); found != m_ids.end()) {
        symbols.push_back(found->second);
        return;
    }
    for (const char c : character) {
        const std::int64_t id = m_byteIds[static_cast<unsigned char>(c)];
        if (id < 0) {
            throw Error{"The tokenizer has no token for the character " + inQuotes(character), "text",
                        "It has no byte tokens to fall back to; leave the character out"};
        }
        symbols.push_back(static_cast<std::uint32_t>(id));
    }
}

TokenIds Llama2cTokenizer::encoded(std::string_view text, std::string_view before) const {
    requireUtf8(text);
    if (text.empty()) return {};
    std::vector<std::uint32_t> symbols;
    symbols.reserve(text.size() + 1);
    if (!before.empty()) appendCharacter(before, symbols);
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
        appendCharacter(text.substr(at, end - at), symbols);
        at = end;
    }
    mergeSymbols(symbols, [this](std::uint32_t left, std::uint32_t right) { return merged(left, right); });
    TokenIds ids;
    ids.reserve(symbols.size());
    for (const std::uint32_t symbol : symbols) ids.emplace_back(symbol);
    return ids;
}

std::string Llama2cTokenizer::bytes(TokenId token, std::optional<TokenId> previous) const {
    const Piece& found = piece(token);
    if (token.value() < kSpecials) return {};
    if (found.byte >= 0) return std::string(1, static_cast<char>(found.byte));
    const bool starts = !previous || *previous == kBegin;
    return starts && found.text.starts_with(' ') ? found.text.substr(1) : found.text;
}

std::optional<std::string> Llama2cTokenizer::specialName(TokenId token) const {
    const Piece& found = piece(token);
    if (token.value() >= kSpecials) return std::nullopt;
    const auto first = found.text.find_first_not_of(" \n");  // the file says "\n<s>\n"
    if (first == std::string::npos) return found.text;
    return found.text.substr(first, found.text.find_last_not_of(" \n") - first + 1);
}

}  // namespace loom
