// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizing with SentencePiece's library. Built as libloom_sentencepiece, see sentencepiece_library.h.
#include <limits>
#include <utility>

#include <sentencepiece_processor.h>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/tokenizer/bpe_parts.h"
#include "core/engine/tokenizer/bpe_tokenizer.h"
#include "core/engine/tokenizer/sentencepiece_library.h"
#include "core/engine/tokenizer/tokenizer_errors.h"

namespace sentencepiece::logging {
void SetMinLogLevel(int level);  // exported by the library, in none of its installed headers
}

namespace loom {
namespace {

using Kind = SentencePieceModel::Kind;

constexpr int kFatal = 4;  // errors come back as a status; nothing is to be printed
constexpr std::string_view kMark = kMetaspace;

class SentencePieceTokenizer final : public Tokenizer {
public:
    explicit SentencePieceTokenizer(const SentencePieceModel& model)
        : m_bos(model.bos), m_eos(model.eos), m_stripsFirst(model.addDummyPrefix || model.removeExtraSpaces) {
        if (m_bos && model.beginsWithBos) m_beginning = {TokenId(*m_bos)};
        if (m_eos && model.endsWithEos) m_ending = {TokenId(*m_eos)};
        sentencepiece::logging::SetMinLogLevel(kFatal);
        load(m_opening, model.serialized(false));
        load(m_continuing, model.serialized(true));
        for (const SentencePieceModel::Piece& piece : model.pieces) m_pieces.push_back(shown(model, piece));
    }

    [[nodiscard]] TokenIds encode(std::string_view text) const override { return encoded(m_opening, text); }
    [[nodiscard]] TokenIds encodeContinuation(std::string_view text) const override { return encoded(m_continuing, text); }
    [[nodiscard]] TokenIds beginning() const override { return m_beginning; }
    [[nodiscard]] TokenIds ending() const override { return m_ending; }
    [[nodiscard]] std::string bytes(TokenId token, std::optional<TokenId> previous) const override {
        const Piece& found = piece(token);
        if (found.special) return {};
        const bool first = !previous || (m_bos && previous->value() == *m_bos);
        return found.text.substr(first && m_stripsFirst && found.marked ? 1 : 0);
    }
    [[nodiscard]] std::string decode(std::span<const TokenId> tokens) const override {
        std::vector<int> ids;
        ids.reserve(tokens.size());
        for (const TokenId token : tokens) {
            (void)piece(token);  // that it exists
            ids.push_back(static_cast<int>(token.value()));
        }
        std::string text;
        require(m_opening.Decode(ids, &text), "decode the tokens");
        return repairedUtf8(text);
    }
    [[nodiscard]] std::optional<std::string> specialName(TokenId token) const override {
        const Piece& found = piece(token);
        return found.special ? std::optional(found.spelling) : std::nullopt;
    }
    [[nodiscard]] std::int64_t vocabularySize() const override { return static_cast<std::int64_t>(m_pieces.size()); }
    [[nodiscard]] std::vector<TokenId> endTokens() const override {
        return m_eos ? std::vector<TokenId>{TokenId(*m_eos)} : std::vector<TokenId>{};
    }
    [[nodiscard]] std::optional<TokenId> beginToken() const override { return m_bos ? std::optional(TokenId(*m_bos)) : std::nullopt; }
    [[nodiscard]] std::string kind() const override { return "SentencePiece"; }

private:
    struct Piece {
        std::string text;      // what it shows as, spaces as spaces
        std::string spelling;  // as the file has it
        bool special = false;
        bool marked = false;  // begins with the mark of a word
    };

    static void require(const sentencepiece::util::Status& status, const std::string& work) {
        if (!status.ok()) throw Error{"SentencePiece cannot " + work + ": " + status.error_message(), {}, "Use another tokenizer"};
    }
    static void load(sentencepiece::SentencePieceProcessor& processor, const std::string& model) {
        require(processor.LoadFromSerializedProto(model), "read the model");
    }
    static Piece shown(const SentencePieceModel& model, const SentencePieceModel::Piece& piece) {
        if (piece.kind == Kind::Control) return {{}, piece.text, true, false};
        if (piece.kind == Kind::Unknown) return {model.unknownSurface, piece.text, false, false};
        if (piece.kind == Kind::Byte) return {std::string(1, static_cast<char>(spelledByte(piece.text))), piece.text, false, false};
        BpeDecoding spaces;
        spaces.replaces.push_back({std::string(kMark), " ", false});
        return {decodedSpelling(spaces, piece.text, false, {}), piece.text, false, piece.text.starts_with(kMark)};
    }
    [[nodiscard]] const Piece& piece(TokenId token) const {
        if (token.value() < 0 || token.value() >= vocabularySize()) failTokenOutOfRange(token, vocabularySize());
        return m_pieces[token.index()];
    }
    static TokenIds encoded(const sentencepiece::SentencePieceProcessor& processor, std::string_view text) {
        requireUtf8(text);
        if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) / 8)
            throw Error{"The text is too long for SentencePiece", {}, "Encode it in parts"};
        std::vector<int> ids;
        require(processor.Encode(text, &ids), "encode the text");
        TokenIds out;
        out.reserve(ids.size());
        for (const int id : ids) out.emplace_back(id);
        return out;
    }

    std::optional<std::int64_t> m_bos;
    std::optional<std::int64_t> m_eos;
    TokenIds m_beginning;
    TokenIds m_ending;
    bool m_stripsFirst;
    std::vector<Piece> m_pieces;
    sentencepiece::SentencePieceProcessor m_opening;
    sentencepiece::SentencePieceProcessor m_continuing;
};

std::shared_ptr<const Tokenizer> create(const SentencePieceModel& model) { return std::make_shared<const SentencePieceTokenizer>(model); }

}  // namespace
}  // namespace loom

extern "C" loom::CreateSentencePiece loomCreateSentencePiece() { return &loom::create; }
