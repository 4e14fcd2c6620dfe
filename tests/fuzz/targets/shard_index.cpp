// SPDX-License-Identifier: GPL-3.0-or-later
// model.safetensors.index.json beside a small Llama in one shard.
#include "core/engine/checkpoint/checkpoint.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom::fuzz {

void shard_index(std::string_view input) {
    static const std::filesystem::path own = [] {
        test::TinyOptions options;
        options.sharded = true;
        options.layers = 1;
        const std::filesystem::path path = folder() / "sharded";
        std::filesystem::create_directory(path);
        test::writeTinyCheckpoint(path, options);
        return path;
    }();
    file("sharded/model.safetensors.index.json", input);
    refusable([&] {
        const Checkpoint checkpoint = readCheckpoint(own);
        for (const TensorSpec& spec : expectedTensors(checkpoint.config)) touch(checkpoint.tensors.at(spec.name));
    });
}

}  // namespace loom::fuzz
