// SPDX-License-Identifier: GPL-3.0-or-later
// What all tokenizers share: whole texts, labels, and how they refuse bad input.
#include "core/engine/tokenizer/tokenizer.h"

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/tokenizer/tokenizer_errors.h"

namespace loom {

std::string Tokenizer::decode(std::span<const TokenId> tokens) const {
    std::string text;
    std::optional<TokenId> previous;
    for (const TokenId token : tokens) {
        text += bytes(token, previous);
        previous = token;
    }
    return repairedUtf8(text);
}

std::string Tokenizer::label(TokenId token) const {
    if (const auto special = specialName(token)) return repairedUtf8(*special);
    const std::string text = bytes(token, token);  // after a token that is no BOS, so a leading space stays
    if (!firstInvalidUtf8(text)) return text;
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string spelled;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        spelled += {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
    }
    return spelled;
}

void requireUtf8(std::string_view text) {
    if (const auto offset = firstInvalidUtf8(text)) {
        throw Error{"The text is not valid UTF-8", "byte " + std::to_string(*offset), "Save or paste it as UTF-8"};
    }
}

void failTokenOutOfRange(TokenId token, std::int64_t vocabulary) {
    throw Error{"Token " + std::to_string(token.value()) + " is not in the vocabulary", "token ids",
                "The tokenizer has the ids 0 to " + std::to_string(vocabulary - 1)};
}

}  // namespace loom
