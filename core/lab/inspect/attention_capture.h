// SPDX-License-Identifier: GPL-3.0-or-later
// Attention capture: attention weights as plain values for the views.
#pragma once

#include <memory>
#include <vector>

#include "core/data/attention_map.h"
#include "core/lab/model/tensor.h"

namespace loom::lab {

/// One row per query of probabilities [1, H, T, S]: query t stands at position S − T + t.
[[nodiscard]] std::vector<std::shared_ptr<const AttentionRow>> attentionRows(LayerIndex layer, const Tensor& probabilities);

/// The whole map of a text: probabilities [1, H, T, T].
[[nodiscard]] AttentionMap attentionMap(LayerIndex layer, const Tensor& probabilities);

/// Elements of a tensor as f32, row-major.
[[nodiscard]] std::vector<float> floats(const Tensor& tensor);

}  // namespace loom::lab
