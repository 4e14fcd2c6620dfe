// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-2's layout: vocab.json, a byte 0xFF, merges.txt, and after another one tokenizer_config.json.
#include "core/data/utf8.h"
#include "core/engine/tokenizer/tokenizer_files.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void merges_txt(std::string_view input) {
    const auto files = parts(input, 3);
    file("vocab.json", files[0]);
    file("merges.txt", files[1]);
    const auto config = file("tokenizer_config.json", files[2]);
    if (files[2].empty()) std::filesystem::remove(config);
    refusable([&] {
        const auto tokenizer = readGpt2Folder(folder(), 0);
        require(!firstInvalidUtf8(tokenizer->decode(tokenizer->encode("Lily couldn't sleep  in 1999, caf\xC3\xA9 \xF0\x9F\x98\x80!"))));
    });
}

}  // namespace loom::fuzz
