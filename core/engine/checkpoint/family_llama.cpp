// SPDX-License-Identifier: GPL-3.0-or-later
// Llama: grouped-query attention with half-split rotary positions.
#include <string>

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
    if (reader.has("head_dim")) {
        a.headDim = reader.integer("head_dim");
    } else if (a.heads > 0) {  // else checkConfig names the key
        if (config.dModel % a.heads != 0) {
            reader.fail("hidden_size (" + std::to_string(config.dModel) + ") is no multiple of num_attention_heads (" +
                        std::to_string(a.heads) + ") and there is no head_dim");
        }
        a.headDim = config.dModel / a.heads;
    }
    checkConfig(config, reader.where());
    return config;
}

}  // namespace loom
