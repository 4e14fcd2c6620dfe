// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizer: text to token ids and back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/ids.h"

namespace loom {

/// Immutable and thread-safe.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;
    /// Ids of UTF-8 text without added specials. Special tokens that are spelled out in the text are recognised
    /// where the tokenizer's file says so. Throws Error for invalid UTF-8 (with the byte offset).
    [[nodiscard]] virtual TokenIds encode(std::string_view text) const = 0;
    /// The same for text that goes on from earlier text: without the space that some tokenizers put before the first word.
    [[nodiscard]] virtual TokenIds encodeContinuation(std::string_view text) const { return encode(text); }
    /// The ids that stand before a text that starts a sequence, as the tokenizer's post-processor says (llama2.c: BOS).
    [[nodiscard]] virtual TokenIds beginning() const { return {}; }
    /// The ids that stand after a text when specials are asked for (rare).
    [[nodiscard]] virtual TokenIds ending() const { return {}; }
    /// The bytes that `token` adds to a text when it follows `previous` (none at the start). Specials add nothing.
    /// Bytes need not be whole characters. Throws Error for an id outside the vocabulary.
    [[nodiscard]] virtual std::string bytes(TokenId token, std::optional<TokenId> previous) const = 0;
    /// How the vocabulary file spells the token if it is special ("<|endoftext|>", "<s>"), else nothing.
    [[nodiscard]] virtual std::optional<std::string> specialName(TokenId token) const = 0;
    [[nodiscard]] virtual std::int64_t vocabularySize() const = 0;
    /// Ids after which a text is complete, as far as the tokenizer knows.
    [[nodiscard]] virtual std::vector<TokenId> endTokens() const = 0;
    /// The beginning-of-text token, if there is one.
    [[nodiscard]] virtual std::optional<TokenId> beginToken() const = 0;
    /// "llama2.c", "byte-level BPE", "byte-fallback BPE", "character BPE", "SentencePiece".
    [[nodiscard]] virtual std::string kind() const = 0;

    /// Text of a whole sequence; bytes that are no UTF-8 become U+FFFD.
    [[nodiscard]] virtual std::string decode(std::span<const TokenId> tokens) const;
    /// One token alone for lists and diagrams: its text if that is valid UTF-8, its name if special, else "<0xNN>" per byte.
    [[nodiscard]] std::string label(TokenId token) const;
};

/// Opens a tokenizer.json, a SentencePiece .model, a llama2.c tokenizer .bin, or a folder that holds one of them (tokenizer.json,
/// vocab.json and merges.txt, tokenizer.model, tokenizer.bin; the first that is there).
/// A GGUF file carries its own; else the files beside it count. For a llama2.c checkpoint .bin looks beside it for tokenizer.bin or
/// tok<V>.bin. `vocab` is the network's V: needed to read a llama2.c tokenizer (whose file does not say its size) and checked against the
/// others; 0 = unknown.
/// Throws Error: which places were searched and what to do.
[[nodiscard]] std::shared_ptr<const Tokenizer> openTokenizer(const std::filesystem::path& path, std::int64_t vocab);

}  // namespace loom
