// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.json: reading it, then a text there and back.
#include "core/data/utf8.h"
#include "core/engine/tokenizer/tokenizer_files.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void tokenizer_json(std::string_view input) {
    const auto path = file("tokenizer.json", input);
    refusable([&] {
        const auto tokenizer = readTokenizerJson(path, 0);
        const std::string text = "Lily couldn't sleep  in 1999,\n<both> caf\xC3\xA9 \xF0\x9F\x98\x80 <|endoftext|>!";
        require(!firstInvalidUtf8(tokenizer->decode(tokenizer->encode(text))));
        (void)tokenizer->encodeContinuation(" then");
    });
}

}  // namespace loom::fuzz
