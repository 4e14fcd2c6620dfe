// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and checking SentencePiece's .model files, so that the library sees nothing that could harm it.
#include "core/engine/tokenizer/sentencepiece_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_set>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/tokenizer/bpe_tokenizer.h"
#include "core/engine/tokenizer/protobuf_wire.h"
#include "core/engine/tokenizer/tokenizer_errors.h"

namespace loom {
namespace {

using Kind = SentencePieceModel::Kind;
using Field = WireReader::Field;
using Type = WireReader::Type;

constexpr const char* kHint = "Download or write the model again";
constexpr std::size_t kMostPieces = std::size_t{1} << 20;
constexpr std::size_t kLongestPiece = 1024;  // the library recurses over unused pieces
constexpr std::size_t kLongestSurface = 256;
constexpr std::size_t kMostNested = 64;  // user-defined pieces that begin with each other: the library's table of results
constexpr float kLargestScore = 1e9F;    // sums over a text stay numbers

/// One message of the file; `onField` is called for every field.
template <class OnField>
void eachField(std::string_view message, const std::string& where, const OnField& onField) {
    WireReader reader(message, where);
    Field field;
    while (reader.next(field)) onField(field);
}

class Parser {
public:
    Parser(std::string_view file, const std::string& where) : m_file(file), m_where(where) {}

    SentencePieceModel run() {
        eachField(m_file, m_where, [&](const Field& field) {
            if (field.number == 1) readPiece(bytesOf(field));
            if (field.number == 2) readTrainer(bytesOf(field));
            if (field.number == 3) readNormalizer(bytesOf(field));
            if (field.number == 5 && !bytesOf(field).empty()) readDenormalizer(field.bytes);
        });
        check();
        return std::move(m_model);
    }

private:
    [[noreturn]] void fail(const std::string& what) const { throw Error{what, m_where, kHint}; }
    [[noreturn]] void failPiece(const std::string& what, std::size_t id) const {
        throw Error{what, m_where + ": piece " + std::to_string(id), kHint};
    }
    [[nodiscard]] std::string_view bytesOf(const Field& field) const {
        if (field.type != Type::Bytes) fail("Field " + std::to_string(field.number) + " is a number");
        return field.bytes;
    }
    [[nodiscard]] std::uint64_t numberOf(const Field& field) const {
        if (field.type != Type::Varint) fail("Field " + std::to_string(field.number) + " is no whole number");
        return field.value;
    }
    [[nodiscard]] bool flagOf(const Field& field) const { return numberOf(field) != 0; }

    void readPiece(std::string_view message) {
        const std::size_t id = m_model.pieces.size();
        if (id >= kMostPieces) fail("The model has more than " + std::to_string(kMostPieces) + " pieces");
        SentencePieceModel::Piece piece;
        eachField(message, m_where, [&](const Field& field) {
            if (field.number == 1) piece.text = bytesOf(field);
            if (field.number == 2) {
                if (field.type != Type::Fixed32) failPiece("The score is no number of four bytes", id);
                piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
            }
            if (field.number == 3) {
                const std::uint64_t kind = numberOf(field);
                if (kind < 1 || kind > 6) failPiece("The piece is of the unknown type " + std::to_string(kind), id);
                piece.kind = static_cast<Kind>(kind);
            }
        });
        if (piece.text.empty()) failPiece("The piece is empty", id);
        if (piece.text.size() > kLongestPiece) failPiece("The piece is longer than 1024 bytes", id);
        if (piece.text.find('\0') != std::string::npos || firstInvalidUtf8(piece.text)) failPiece("The piece is no text", id);
        if (!(std::abs(piece.score) <= kLargestScore)) failPiece("The score is no number, or absurd", id);
        m_model.pieces.push_back(std::move(piece));
    }
    void readTrainer(std::string_view message) {
        eachField(message, m_where, [&](const Field& field) {
            switch (field.number) {
                case 3: m_model.type = static_cast<std::int64_t>(std::min<std::uint64_t>(numberOf(field), 99)); break;
                case 24: m_model.spaceIsSuffix = flagOf(field); break;
                case 35: m_model.byteFallback = flagOf(field); break;
                case 44: m_surface = bytesOf(field); break;
                case 45: m_names[0] = bytesOf(field); break;
                case 46: m_names[1] = bytesOf(field); break;
                case 47: m_names[2] = bytesOf(field); break;
                default: break;
            }
        });
    }
    void readNormalizer(std::string_view message) {
        eachField(message, m_where, [&](const Field& field) {
            if (field.number == 2) m_model.charsmap = bytesOf(field);
            if (field.number == 3) m_model.addDummyPrefix = flagOf(field);
            if (field.number == 4) m_model.removeExtraSpaces = flagOf(field);
            if (field.number == 5) m_model.escapeSpaces = flagOf(field);
        });
    }
    void readDenormalizer(std::string_view message) {
        eachField(message, m_where, [&](const Field& field) {
            if (field.number == 2 && !bytesOf(field).empty())
                throw Error{"The model has a denormalizer, which is not supported", m_where, "Use a tokenizer.json of the same model"};
        });
    }

    void check() {
        if (m_model.pieces.empty()) {
            throw Error{"The file holds no pieces", m_where, "This is no SentencePiece model; choose a tokenizer.model"};
        }
        if (m_model.type < 1 || m_model.type > 4) fail("The model is of an unknown type");
        if (!m_model.escapeSpaces)
            throw Error{"The model keeps spaces as they are, which is not supported", m_where, "Use a tokenizer.json of the same model"};
        checkPieces();
        checkNesting();
        m_model.unknownSurface = m_surface.value_or(" \xE2\x81\x87 ");
        if (m_model.unknownSurface.size() > kLongestSurface || firstInvalidUtf8(m_model.unknownSurface) ||
            m_model.unknownSurface.find('\0') != std::string::npos) {
            fail("What the unknown token shows as is no short text");
        }
        if (!m_model.charsmap.empty()) checkCharsmap(m_model.charsmap, m_where);
    }
    void checkPieces() {
        std::unordered_set<std::string_view> seen;
        std::size_t unknown = 0;
        std::size_t bytes = 0;
        std::size_t normal = 0;
        for (std::size_t id = 0; id < m_model.pieces.size(); ++id) {
            const auto& piece = m_model.pieces[id];
            if (!seen.insert(piece.text).second) failPiece("The piece " + inQuotes(piece.text) + " stands twice", id);
            if (piece.kind == Kind::Unknown) ++unknown;
            if (piece.kind == Kind::Normal || piece.kind == Kind::UserDefined) ++normal;
            if (piece.kind == Kind::Byte) {
                ++bytes;
                if (!m_model.byteFallback || spelledByte(piece.text) < 0) failPiece("The piece is a byte that it should not be", id);
            }
            if (piece.kind == Kind::Control && piece.text == m_names[1]) m_model.bos = static_cast<std::int64_t>(id);
            if (piece.kind == Kind::Control && piece.text == m_names[2]) m_model.eos = static_cast<std::int64_t>(id);
        }
        if (unknown != 1) fail("The model has " + std::to_string(unknown) + " unknown tokens instead of one");
        if (normal == 0) fail("The model has no pieces of text");
        if (m_model.byteFallback && bytes != 256) fail("The model has " + std::to_string(bytes) + " byte pieces instead of 256");
    }
    void checkNesting() const {
        std::unordered_set<std::string_view> own;
        for (const auto& piece : m_model.pieces) {
            if (piece.kind == Kind::UserDefined) own.insert(piece.text);
        }
        for (const std::string_view piece : own) {
            std::size_t nested = 0;
            for (std::size_t size = 1; size <= piece.size(); ++size) nested += own.contains(piece.substr(0, size)) ? 1 : 0;
            if (nested > kMostNested) fail("More than 64 user-defined pieces begin with each other");
        }
    }

    std::string_view m_file;
    const std::string& m_where;
    SentencePieceModel m_model;
    std::optional<std::string> m_surface;
    std::string m_names[3] = {"<unk>", "<s>", "</s>"};
};

}  // namespace

SentencePieceModel parseSentencePieceModel(std::string_view file, const std::string& where) {
    if (file.size() > kLargestTokenizerFile) throw Error{"The tokenizer file is larger than 64 MiB", where, "Choose a tokenizer.model"};
    return Parser(file, where).run();
}

std::string SentencePieceModel::serialized(bool continued) const {
    std::string out;
    std::string message;
    for (const Piece& piece : pieces) {
        message.clear();
        writeBytes(message, 1, piece.text);
        writeFloat(message, 2, piece.score);
        writeNumber(message, 3, static_cast<std::uint64_t>(piece.kind));
        writeBytes(out, 1, message);
    }
    message.clear();
    writeNumber(message, 3, static_cast<std::uint64_t>(type));
    writeNumber(message, 24, spaceIsSuffix ? 1 : 0);
    writeNumber(message, 35, byteFallback ? 1 : 0);
    writeBytes(message, 44, unknownSurface);
    writeBytes(out, 2, message);
    message.clear();
    if (!charsmap.empty()) writeBytes(message, 2, charsmap);
    writeNumber(message, 3, addDummyPrefix && !continued ? 1 : 0);
    writeNumber(message, 4, removeExtraSpaces && !continued ? 1 : 0);
    writeBytes(out, 3, message);
    return out;
}

}  // namespace loom
