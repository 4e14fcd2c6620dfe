// SPDX-License-Identifier: GPL-3.0-or-later
// What the two DeepSeek families share: the joint latent and the sizes of experts.
#include <string>

#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

/// null and absent are different things here.
std::int64_t integerOrNull(const ConfigReader& reader, const std::string& key, std::int64_t absent, std::int64_t null) {
    if (!reader.contains(key)) return absent;
    return reader.has(key) ? reader.integer(key) : null;
}

}  // namespace

void readJointLatent(const ConfigReader& reader, ModelConfig& config) {
    AttentionConfig& a = config.attention;
    a.latent = Latent::Joint;
    a.kvHeads = a.heads;  // num_key_value_heads means nothing here, head_dim neither
    a.qLoraRank = integerOrNull(reader, "q_lora_rank", 1536, 0);
    if (reader.has("q_lora_rank") && a.qLoraRank == 0) reader.fail("q_lora_rank is 0", "Write null for queries without a latent");
    a.kvLoraRank = reader.integer("kv_lora_rank", 512);
    a.qkNopeHeadDim = reader.integer("qk_nope_head_dim", 128);
    a.qkRopeHeadDim = reader.integer("qk_rope_head_dim", 64);
    a.vHeadDim = reader.integer("v_head_dim", 128);
    config.latentNormEps = 1e-6;  // never rms_norm_eps
    readPartialRotation(reader, config);
}

void readExperts(const ConfigReader& reader, ModelConfig& config, ExpertScoring scoring, const ExpertDefaults& defaults) {
    MoeConfig moe;
    moe.firstLayer = reader.integer("first_k_dense_replace", defaults.firstLayer);
    if (moe.firstLayer < 0) moe.firstLayer = 0;
    moe.experts = integerOrNull(reader, "n_routed_experts", defaults.experts, 0);
    if (moe.experts == 0 || moe.firstLayer >= config.layers) return;  // every layer is dense
    moe.scoring = scoring;
    if (reader.has("scoring_func") && reader.text("scoring_func") != name(scoring)) {
        reader.fail("scoring_func is " + inQuotes(reader.text("scoring_func")) + "; this family scores by \"" + std::string(name(scoring)) +
                    "\"");
    }
    if (reader.has("moe_layer_freq") && reader.integer("moe_layer_freq") != 1) {
        reader.fail("moe_layer_freq other than 1 is not supported", "Choose a checkpoint whose layers all have experts");
    }
    moe.perToken = defaults.perToken > 0 ? reader.integer("num_experts_per_tok", defaults.perToken) : reader.integer("num_experts_per_tok");
    moe.width = reader.integer("moe_intermediate_size", defaults.width);
    moe.shared = integerOrNull(reader, "n_shared_experts", defaults.shared, 0);
    moe.groups = integerOrNull(reader, "n_group", defaults.groups, 1);
    moe.topGroups = integerOrNull(reader, "topk_group", defaults.topGroups, 1);
    moe.scale = reader.number("routed_scaling_factor", defaults.scale);
    config.moe = moe;
}

}  // namespace loom
