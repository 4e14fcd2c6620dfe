// SPDX-License-Identifier: GPL-3.0-or-later
// The weights of a Hugging Face folder: which files hold them, and which of their tensors a configuration needs.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {

/// A tensor as it was found.
struct FoundTensor {
    TensorView view;
    std::string name;   ///< as the file spells it
    std::string where;  ///< file and name, for messages
};

struct FoundWeights {
    std::filesystem::path origin;                             ///< the weights file or the index
    std::map<std::string, FoundTensor, std::less<>> tensors;  ///< by canonical name: "model." added where it was missing
    std::vector<std::shared_ptr<const MappedFile>> files;
};

/// Opens `only` if given, else model.safetensors, else the shards of model.safetensors.index.json, else pytorch_model.bin, else the only
/// other .safetensors file.
[[nodiscard]] FoundWeights openWeights(const std::filesystem::path& folder, const std::filesystem::path& only);

/// "[4, 8]"
[[nodiscard]] std::string shapeText(const std::vector<std::int64_t>& shape);

/// Takes what config needs, checks name, shape and element type of each tensor and sets config.storage.
/// Tensors that nobody needs are tolerated unless leaving them out would change what the network computes.
void takeWeights(Checkpoint& checkpoint, FoundWeights found);

}  // namespace loom
