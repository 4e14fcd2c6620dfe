// SPDX-License-Identifier: GPL-3.0-or-later
// A GGUF file: container, configuration, every tensor as the network would get it, and the tokenizer.
#include "core/data/checked_math.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/tensor_layout.h"
#include "core/engine/tokenizer/tokenizer_files.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void gguf(std::string_view input) {
    const auto path = file("model.gguf", input);
    refusable([&] {
        const Checkpoint checkpoint = readCheckpoint(path);
        for (const TensorSpec& spec : expectedTensors(checkpoint.config)) {
            const TensorView& view = checkpoint.tensors.at(spec.name);
            require(layoutFits(view));
            const std::int64_t elements = *checkedProduct(view.shape);
            require(elements <= static_cast<std::int64_t>(input.size()));  // no tensor is larger than its file
            std::vector<std::byte> out(static_cast<std::size_t>(elements * bytesPerElement(view.dtype)));
            copyElements(view, out);
        }
    });
    refusable([&] {
        const auto tokenizer = readGgufTokenizer(path, 0);
        if (!tokenizer) return;
        const std::string text = "Lily couldn't sleep  in 1999,\n<user> caf\xC3\xA9 \xF0\x9F\x98\x80 <|endoftext|>!";
        require(!firstInvalidUtf8(tokenizer->decode(tokenizer->encode(text))));
        (void)tokenizer->encodeContinuation(" then");
    });
}

}  // namespace loom::fuzz
