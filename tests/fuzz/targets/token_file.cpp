// SPDX-License-Identifier: GPL-3.0-or-later
// The mapped token file, for a vocabulary of two bytes and one of four.
#include "core/engine/train/token_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void token_file(std::string_view input) {
    const auto path = file("stories.tokens", input);
    for (const std::int64_t vocab : {std::int64_t{300}, std::int64_t{100'000}}) {
        refusable([&] {
            const TokenFile tokens(path, vocab);
            require(tokens.row().size() == tokens.counts().tokens);
            for (std::int64_t i = 0; i < tokens.row().size(); ++i) require(tokens.row()[i] < vocab);
        });
    }
}

}  // namespace loom::fuzz
