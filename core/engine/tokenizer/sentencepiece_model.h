// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece's .model file: what the library is given after everything in it has been checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

/// A ModelProto of sentencepiece_model.proto, reduced to what encoding needs.
struct SentencePieceModel {
    enum class Kind { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };
    struct Piece {
        std::string text;  ///< not empty, no zero byte, valid UTF-8, unlike all others
        float score = 0;
        Kind kind = Kind::Normal;
    };

    std::vector<Piece> pieces;  ///< by id
    std::int64_t type = 1;      ///< 1 unigram, 2 BPE, 3 words, 4 characters
    bool byteFallback = false;
    bool spaceIsSuffix = false;
    std::string unknownSurface;  ///< what the unknown token shows as
    std::string charsmap;        ///< precompiled normalization rules; checked, or empty
    bool addDummyPrefix = true;
    bool removeExtraSpaces = true;
    bool escapeSpaces = true;
    std::optional<std::int64_t> bos;
    std::optional<std::int64_t> eos;
    bool beginsWithBos = true;  ///< as Llama's models are used; no part of the file
    bool endsWithEos = false;

    /// The same again as a ModelProto, with nothing that was not checked. `continued`: for text that goes on from an earlier one, so that
    /// nothing is put before it and no space is taken away.
    [[nodiscard]] std::string serialized(bool continued) const;
};

/// Throws Error naming `where`: not a model, cut off, pieces twice or empty, rules that lead outside themselves.
[[nodiscard]] SentencePieceModel parseSentencePieceModel(std::string_view file, const std::string& where);

/// Checks a precompiled_charsmap: a 32-bit size, a double array (darts-clone), then texts that end with a zero byte. The library follows
/// the array without looking, so every way through it must stay inside, end, pass at most 32 results, and lead to short texts.
void checkCharsmap(std::string_view charsmap, const std::string& where);

}  // namespace loom
