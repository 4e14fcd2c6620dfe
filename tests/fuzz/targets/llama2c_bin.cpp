// SPDX-License-Identifier: GPL-3.0-or-later
// llama2.c's .bin: header and sizes.
#include "core/engine/checkpoint/checkpoint.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void llama2c_bin(std::string_view input) {
    const auto path = file("model.bin", input);
    refusable([&] {
        const Checkpoint checkpoint = readCheckpoint(path);
        for (const TensorSpec& spec : expectedTensors(checkpoint.config)) touch(checkpoint.tensors.at(spec.name));
    });
}

}  // namespace loom::fuzz
