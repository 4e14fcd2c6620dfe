// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoint: a network as it lies in files, checked but not yet computed with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/dtype.h"
#include "core/data/model_config.h"

namespace loom {

/// One axis of a tensor as it lies in its file.
struct TensorAxis {
    std::int64_t extent = 0;
    std::int64_t stride = 0;  ///< elements between neighbours
    bool operator==(const TensorAxis&) const = default;
};

/// A tensor inside a mapped file, little-endian and not necessarily aligned to the element size. Valid as long as the Checkpoint's
/// `storage`. Where `layout` is empty `data` holds exactly the product of `shape` elements, row-major. Otherwise element (i, j, …) of
/// `layout`, counted row-major over its extents, lies at i·stride₀ + j·stride₁ + … elements into `data`: GPT-2's transposed matrices,
/// heads that stand between each other. Where `parts` are given, `data` is empty and the tensor is made of them in turn: what belongs to
/// the first index of each part's layout, then to the second, …: kv_b_proj from GGUF's k_b and v_b, head by head. copyElements
/// (tensor_layout.h) reads all three.
struct TensorView {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> data;
    std::vector<TensorAxis> layout{};
    std::vector<TensorView> parts{};

    /// Whether `data` is just what copyElements would write.
    [[nodiscard]] bool plain() const { return layout.empty() && parts.empty() && plainType(dtype) == dtype; }
};

/// Tensors under their canonical names: those of Hugging Face's Llama and DeepseekV3
/// ("model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "lm_head.weight", …), whatever the file called them.
/// A tied head is absent. Every tensor that `config` needs is present with the shape that it needs.
struct Checkpoint {
    std::filesystem::path path;  ///< absolute: the llama2.c, GGUF or nanoGPT file, or the folder of a Hugging Face checkpoint
    ModelConfig config;
    std::map<std::string, TensorView, std::less<>> tensors;
    std::shared_ptr<const void> storage;  ///< keeps the mapped files alive
    bool mapped = false;                  ///< the tensors lie in mapped files, whose pages may be given back once they have been read
};

/// A tensor that a configuration needs.
struct TensorSpec {
    std::string name;  ///< canonical name
    std::vector<std::int64_t> shape;
};
/// Everything that `config` needs, in layer order: embedding, layers, final norm, head unless tied.
[[nodiscard]] std::vector<TensorSpec> expectedTensors(const ModelConfig& config);

/// Opens a llama2.c .bin file, a GGUF file, nanoGPT's ckpt.pt, a folder with config.json and safetensors, that config.json, or a
/// .safetensors file beside its config.json. Reads headers only; tensors stay mapped. Throws Error naming the file, key or tensor.
[[nodiscard]] Checkpoint readCheckpoint(const std::filesystem::path& path);

/// Bounds that every configuration must keep, so that no size can overflow or ask for absurd memory. Throws Error naming the key.
void checkConfig(const ModelConfig& config, const std::string& where);

}  // namespace loom
