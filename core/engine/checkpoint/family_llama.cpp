// SPDX-License-Identifier: GPL-3.0-or-later
// Llama: grouped-query attention with half-split rotary positions.
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"

namespace loom {

ModelConfig readLlamaConfig(const ConfigReader& reader) {
    ModelConfig config = readCommonConfig(reader, Family::Llama, {2048, 1, 2});
    AttentionConfig& a = config.attention;
    a.latent = Latent::None;
    a.ropeLayout = RopeLayout::Half;
    a.kvHeads = reader.has("num_key_value_heads") ? reader.integer("num_key_value_heads") : a.heads;
    config.mlpBias = reader.truth("mlp_bias", false);
    a.headDim = reader.has("head_dim") ? reader.integer("head_dim") : evenHeadDim(reader, config);
    readPartialRotation(reader, config);
    checkConfig(config, reader.where());
    return config;
}

}  // namespace loom
