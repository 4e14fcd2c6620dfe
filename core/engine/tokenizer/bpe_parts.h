// SPDX-License-Identifier: GPL-3.0-or-later
// Everything a BPE tokenizer is made of, checked by whoever reads the files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/data/ids.h"
#include "core/engine/tokenizer/added_tokens.h"
#include "core/engine/tokenizer/bpe_merge.h"
#include "core/engine/tokenizer/pair_map.h"
#include "core/engine/tokenizer/split_pattern.h"
#include "core/engine/tokenizer/text_normalizer.h"

namespace loom {

/// The pattern that GPT-2 cuts words with; ByteLevel with use_regex.
inline constexpr const char* kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
/// It, compiled once.
[[nodiscard]] const SplitPattern& gpt2Pattern();
inline constexpr const char* kMetaspace = "\xE2\x96\x81";  ///< U+2581, how SentencePiece spells a space

/// Cuts where a pattern matches.
struct SplitStep {
    SplitPattern pattern;
    SplitBehaviour behaviour = SplitBehaviour::Isolated;
    bool invert = false;
};
/// From here on the text is bytes, spelled in the byte alphabet of GPT-2 where a later step looks at it.
struct ByteLevelStep {
    bool addPrefixSpace = false;
    std::optional<SplitPattern> pattern;
};
/// Spaces become another character.
struct MetaspaceStep {
    enum class Prepend { Always, First, Never };
    std::string replacement = kMetaspace;
    Prepend prepend = Prepend::Always;
    bool split = true;
};
using PreTokenizerStep = std::variant<SplitStep, ByteLevelStep, MetaspaceStep>;

/// How tokens become text again. Byte-level vocabularies need none of it.
struct BpeDecoding {
    struct Replace {
        std::string from;
        std::string to;
        bool droppedAtStart = false;  ///< in the first token of a text it goes away instead (Metaspace)
    };
    std::vector<Replace> replaces;  ///< in every token, in order
    bool byteFallback = false;      ///< "<0xNN>" is a byte
    std::string stripped;           ///< taken off the beginning of a text …
    std::int64_t mostStripped = 0;  ///< … this many times at most
};

struct BpeParts {
    struct Token {
        std::string bytes;       // what it adds to a text
        std::string spelling;    // as the file has it
        std::int16_t byte = -1;  // what "<0xNN>" stands for, with byte fallback
        bool exists = false;     // ids may have gaps
        bool special = false;
    };
    /// What the vocabulary is spelled in: bytes (after ByteLevel), or the characters of the text.
    enum class Alphabet { Bytes, Characters };

    Alphabet alphabet = Alphabet::Bytes;
    std::vector<Token> tokens;                                  // by id
    std::array<std::int64_t, 256> byteIds{};                    // Bytes: each byte's token; Characters: its fallback; -1 = none
    bool byteFallback = false;                                  // Characters that are unknown become bytes
    PairMap<Merge> merges;                                      // by the ids that stand side by side
    std::unordered_map<std::string, std::uint32_t> wholeWords;  // only filled with ignore_merges
    std::optional<std::uint32_t> unknown;
    bool fuseUnknown = false;
    TextNormalizer normalizer;
    AddedTokens added;
    std::vector<PreTokenizerStep> steps;  // one after the other
    BpeDecoding decoding;
    TokenIds beginning;
    TokenIds ending;
    std::vector<TokenId> endTokens;
    std::optional<TokenId> beginToken;
};

}  // namespace loom
