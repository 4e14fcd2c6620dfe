// SPDX-License-Identifier: GPL-3.0-or-later
// Files that torch.save wrote (.pt, .pth, pytorch_model.bin): a stored zip archive with a pickle and the memory of its tensors.
#pragma once

#include <filesystem>
#include <memory>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/hf_weights.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/pickle.h"

namespace loom {

struct TorchFile {
    std::shared_ptr<const MappedFile> file;
    PickleDocument document;
};
/// Whether a file begins as torch.save's do, be it an archive or the older bare pickle (which readTorchFile refuses).
[[nodiscard]] bool looksLikeTorchFile(std::span<const std::byte> bytes);
/// Throws Error naming the file. Tensors are views into it.
[[nodiscard]] TorchFile readTorchFile(std::shared_ptr<const MappedFile> file);
/// The tensors of a dictionary whose keys are texts; other values are left out. Names lose what torch.compile puts before them
/// ("_orig_mod.").
[[nodiscard]] FoundWeights torchWeights(const TorchFile& file, const PickleDict& dict);

/// nanoGPT's ckpt.pt: "model" with the tensors, "model_args" with the sizes. Throws Error where it is another kind of file.
[[nodiscard]] Checkpoint readNanoGpt(std::shared_ptr<const MappedFile> file);

}  // namespace loom
