// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece's .model: our checks, then its library on what passed.
#include <algorithm>

#include "core/data/utf8.h"
#include "core/engine/tokenizer/tokenizer_files.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void sentencepiece_model(std::string_view input) {
    const auto path = file("t.model", input);
    refusable([&] {
        const auto tokenizer = readSentencePiece(path, 0);
        const std::string text = "Lily \xE2\x80\x9Cslept\xE2\x80\x9D  in 1999,\tcaf\xC3\xA9 \xF0\x9F\x98\x80 <sep>!";
        require(!firstInvalidUtf8(tokenizer->decode(tokenizer->encode(text))));
        (void)tokenizer->encodeContinuation(text);
        TokenIds all;
        for (std::int64_t id = 0; id < std::min<std::int64_t>(tokenizer->vocabularySize(), 300); ++id) all.emplace_back(id);
        require(!firstInvalidUtf8(tokenizer->decode(all)));
        for (const TokenId id : all) (void)tokenizer->label(id);
    });
}

}  // namespace loom::fuzz
