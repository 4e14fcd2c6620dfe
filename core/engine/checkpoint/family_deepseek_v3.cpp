// SPDX-License-Identifier: GPL-3.0-or-later
// DeepSeek-V3: joint latent attention with a decoupled rotary key (arXiv 2412.19437, section 2.1.1). Dense layers only.
#include <string>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"

namespace loom {

ModelConfig readDeepseekV3Config(const ConfigReader& reader) {
    ModelConfig config = readCommonConfig(reader, Family::DeepseekV3, {4096, 0, 1});
    AttentionConfig& a = config.attention;
    a.latent = Latent::Joint;
    a.kvHeads = a.heads;  // num_key_value_heads means nothing here, head_dim neither
    if (!reader.contains("q_lora_rank")) {
        a.qLoraRank = 1536;
    } else if (reader.has("q_lora_rank")) {
        a.qLoraRank = reader.integer("q_lora_rank");
        if (a.qLoraRank == 0) reader.fail("q_lora_rank is 0", "Write null for queries without a latent");
    }
    a.kvLoraRank = reader.integer("kv_lora_rank", 512);
    a.qkNopeHeadDim = reader.integer("qk_nope_head_dim", 128);
    a.qkRopeHeadDim = reader.integer("qk_rope_head_dim", 64);
    a.vHeadDim = reader.integer("v_head_dim", 128);
    a.ropeLayout = reader.truth("rope_interleave", true) ? RopeLayout::Interleaved : RopeLayout::Half;
    config.latentNormEps = 1e-6;  // never rms_norm_eps
    const std::int64_t dense = reader.integer("first_k_dense_replace", 3);
    checkConfig(config, reader.where());
    if (dense < config.layers) {
        reader.fail(
            "Layers from " + std::to_string(dense < 0 ? 0 : dense) + " on are mixture-of-experts layers, which are not supported yet",
            "Only dense DeepSeek-V3 checkpoints open: first_k_dense_replace (3 if absent) must be at least num_hidden_layers");
    }
    return config;
}

}  // namespace loom
