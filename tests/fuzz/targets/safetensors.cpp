// SPDX-License-Identifier: GPL-3.0-or-later
// A safetensors file: header, offsets, every byte of every tensor.
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void safetensors(std::string_view input) {
    const auto path = file("a.safetensors", input);
    refusable([&] {
        const SafetensorsFile read = readSafetensors(path);
        for (const auto& [name, view] : read.tensors) touch(view);
    });
}

}  // namespace loom::fuzz
