// SPDX-License-Identifier: GPL-3.0-or-later
// From the tensors of another family to the canonical ones: other names, transposed matrices, query, key and value in one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/engine/checkpoint/hf_weights.h"

namespace loom {

struct NameRule {
    std::string_view from;
    std::string_view to;
};

/// How a family calls its tensors. Names are compared without their last part (".weight", ".bias").
struct NameRules {
    std::string_view prefix;            ///< "transformer.", which may be missing
    std::string_view layers;            ///< "h.": what stands before a layer's number
    std::span<const NameRule> whole;    ///< outside the layers
    std::span<const NameRule> inLayer;  ///< behind the layer's number; what no rule names keeps its own
};
/// Renames everything. Throws Error where two tensors get the same name.
void renameTensors(FoundWeights& found, const NameRules& rules);

/// How query, key and value lie in one matrix for H heads of width d.
enum class QkvLayout : std::uint8_t {
    Rows,         ///< [3·H·d, D]: all queries, all keys, all values
    Columns,      ///< [D, 3·H·d]: the same, transposed (GPT-2's Conv1D)
    Interleaved,  ///< [H·3·d, D]: head by head (GPT-NeoX)
};
/// Takes each layer's "self_attn.qkv_proj" apart into q_proj, k_proj and v_proj, weight and, if there, bias. Nothing is copied.
/// Throws Error naming the tensor where its shape is another.
void splitProjections(FoundWeights& found, const ModelConfig& config, QkvLayout layout);

/// Turns each layer's "NAME.weight" [in, out] into [out, in]. Nothing is copied.
void transposeWeights(FoundWeights& found, const ModelConfig& config, std::span<const std::string_view> names);

}  // namespace loom
