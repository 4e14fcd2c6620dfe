// SPDX-License-Identifier: GPL-3.0-or-later
// llama2.c's tokenizer.bin; the first byte says how many tokens the network has, 0 = unknown.
#include "core/data/utf8.h"
#include "core/engine/tokenizer/llama2c_tokenizer.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void tokenizer_bin(std::string_view input) {
    if (input.empty()) return;
    refusable([&] {
        const Llama2cTokenizer tokenizer(input.substr(1), static_cast<unsigned char>(input.front()), "tokenizer.bin");
        require(!firstInvalidUtf8(tokenizer.decode(tokenizer.encode("a a\xC3\xA9 aab\n"))));
        for (std::int64_t id = 0; id < tokenizer.vocabularySize(); ++id) require(!firstInvalidUtf8(tokenizer.label(TokenId(id))));
    });
}

}  // namespace loom::fuzz
