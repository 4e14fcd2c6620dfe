// SPDX-License-Identifier: GPL-3.0-or-later
// torch.save's archives: the zip, the pickle in it, nanoGPT's dictionary, every tensor.
#include "core/engine/checkpoint/tensor_layout.h"
#include "core/engine/checkpoint/torch_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void torch_pt(std::string_view input) {
    const auto path = file("ckpt.pt", input);
    refusable([&] {
        const TorchFile torch = readTorchFile(std::make_shared<const MappedFile>(path));
        if (const auto* root = std::get_if<PickleDict*>(&torch.document.root)) {
            for (const auto& [name, tensor] : torchWeights(torch, **root).tensors) {
                touch(tensor.view);
                (void)layoutFits(tensor.view);
            }
        }
    });
    refusable([&] {
        const Checkpoint checkpoint = readCheckpoint(path);
        for (const TensorSpec& spec : expectedTensors(checkpoint.config)) {
            touch(checkpoint.tensors.at(spec.name));
            require(layoutFits(checkpoint.tensors.at(spec.name)));
        }
    });
}

}  // namespace loom::fuzz
