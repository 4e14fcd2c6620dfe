// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes that benchmarks measure, known by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/data/model_config.h"

namespace loom {

/// S15: Llama, 6 layers, D 288, 6 heads, ffn 768, V 32,000. P50: the paper's model, 9 layers, D 512, 8 heads, ffn 2048, GELU, learned
/// positions, V 50,257. P200: 12 layers, D 1024, 16 heads, ffn 4096, otherwise as P50. P50-mha and P50-mla: as P50 with rotary positions
/// and RMSNorm, full keys and values or a joint latent (r 256, dR 32, dN 64, dV 64), for long contexts. demo-mha and demo-mla: the shipped
/// pair. Tied heads. Throws Error naming the shapes for another name.
[[nodiscard]] ModelConfig benchShape(std::string_view name);
[[nodiscard]] const std::vector<std::string>& benchShapeNames();

}  // namespace loom
