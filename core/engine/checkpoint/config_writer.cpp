// SPDX-License-Identifier: GPL-3.0-or-later
// config.json of the families that are written: Llama and DeepSeek as transformers reads them, and the program's own.
#include <string>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/write_checkpoint.h"

namespace loom {
namespace {

using Json = nlohmann::ordered_json;

void addTokens(Json& json, const ModelConfig& config) {
    if (config.bosToken) json["bos_token_id"] = config.bosToken->value();
    if (!config.eosTokens.empty()) json["eos_token_id"] = config.eosTokens.front().value();
    if (config.vocab > 1) json["pad_token_id"] = 1;
}

void addLatent(Json& json, const AttentionConfig& a) {
    json["q_lora_rank"] = a.qLoraRank > 0 ? Json(a.qLoraRank) : Json(nullptr);  // absent would mean 1536 to transformers
    json["kv_lora_rank"] = a.kvLoraRank;
    json["qk_nope_head_dim"] = a.qkNopeHeadDim;
    json["qk_rope_head_dim"] = a.qkRopeHeadDim;
    json["v_head_dim"] = a.vHeadDim;
}

/// rope_theta and, only if there is a scaling, rope_scaling: the spelling that every version of transformers reads.
void addRope(Json& json, const ModelConfig& config) {
    json["rope_theta"] = config.attention.ropeTheta;
    const RopeScaling& s = config.attention.ropeScaling;
    if (s.kind == RopeScalingKind::None) return;
    Json scaling;
    scaling["rope_type"] = name(s.kind);
    if (config.attention.latent == Latent::Joint) scaling["type"] = name(s.kind);  // DeepSeek's own code
    scaling["factor"] = s.factor;
    if (s.kind == RopeScalingKind::Llama3 || s.kind == RopeScalingKind::Yarn)
        scaling["original_max_position_embeddings"] = s.originalContext;
    if (s.kind == RopeScalingKind::Llama3) {
        scaling["low_freq_factor"] = s.lowFrequencyFactor;
        scaling["high_freq_factor"] = s.highFrequencyFactor;
    }
    if (s.kind == RopeScalingKind::Yarn) {
        scaling["beta_fast"] = s.betaFast;
        scaling["beta_slow"] = s.betaSlow;
        if (s.attentionFactor) scaling["attention_factor"] = *s.attentionFactor;
        if (s.mscale != 0.0) scaling["mscale"] = s.mscale;
        if (s.mscaleAllDim != 0.0) scaling["mscale_all_dim"] = s.mscaleAllDim;
        if (!s.truncate) scaling["truncate"] = false;
    }
    json["rope_scaling"] = scaling;
}

void addExperts(Json& json, const ModelConfig& config) {
    const MoeConfig& moe = config.moe;
    if (config.expertLayers() == 0) {
        if (config.family != Family::LatentLoom) json["first_k_dense_replace"] = config.layers;  // the default would build experts
        return;
    }
    json["first_k_dense_replace"] = moe.firstLayer;
    json["n_routed_experts"] = moe.experts;
    json["n_shared_experts"] = moe.shared > 0 ? Json(moe.shared) : Json(nullptr);
    json["num_experts_per_tok"] = moe.perToken;
    json["moe_intermediate_size"] = moe.width;
    json["n_group"] = moe.groups;
    json["topk_group"] = moe.topGroups;
    json["norm_topk_prob"] = moe.normalised;
    json["routed_scaling_factor"] = moe.scale;
    json["scoring_func"] = name(moe.scoring);
    if (config.family == Family::DeepseekV3) json["topk_method"] = "noaux_tc";
    if (config.family == Family::DeepseekV2) json["topk_method"] = moe.groups > 1 ? "group_limited_greedy" : "greedy";
}

/// What only the program's own folders say.
void addOwnKeys(Json& json, const ModelConfig& config) {
    const AttentionConfig& a = config.attention;
    json["latent"] = name(a.latent);
    if (a.latent == Latent::Joint) {
        addLatent(json, a);
    } else {
        json["head_dim"] = a.headDim;
        if (a.latent != Latent::None) {
            json["k_rank"] = a.kRank;
            json["v_rank"] = a.vRank;
        }
        if (config.positions == Positions::Rotary && (a.rotaryDim > 0 || a.latent == Latent::SplitShared)) {
            json["rotary_dim"] = a.rotaryDim;
            json["rotary_start"] = a.rotaryStart;
        }
    }
    json["positions"] = name(config.positions);
    json["rope_layout"] = name(a.ropeLayout);
    json["norm"] = name(config.norm);
    json["norm_eps"] = config.normEps;
    json["mlp"] = name(config.mlp);
    json["mlp_bias"] = config.mlpBias;
    json["attention_bias"] = a.bias;
    // The rest only where it is not what most networks do.
    if (!config.normBias) json["norm_bias"] = false;
    if (config.parallelResidual) json["parallel_residual"] = true;
    if (a.outputBias) json["attention_output_bias"] = true;
    if (!a.scaled) json["attention_scaled"] = false;
    if (a.scaledByLayer) json["attention_scaled_by_layer"] = true;
    if (a.latent != Latent::None && a.normsLatents() != (a.latent == Latent::Joint)) json["latent_norm"] = a.normsLatents();
    if (!a.windows.empty()) json["attention_windows"] = a.windows;
    addExperts(json, config);
}

const char* architecture(Family family) {
    switch (family) {
        case Family::Llama: return "LlamaForCausalLM";
        case Family::DeepseekV2: return "DeepseekV2ForCausalLM";
        case Family::DeepseekV3: return "DeepseekV3ForCausalLM";
        default: return "LatentLoomForCausalLM";
    }
}

/// What Llama and DeepSeek have in common: RMSNorm, SwiGLU, rotary positions, scores scaled by the width alone.
bool isModern(const ModelConfig& config) {
    const AttentionConfig& a = config.attention;
    const bool plainBlock = config.norm == NormKind::Rms && config.mlp == MlpKind::SwiGlu && !config.parallelResidual;
    const bool plainAttention = a.scaled && !a.scaledByLayer && a.windows.empty() && (a.bias || !a.outputBias);
    return plainBlock && plainAttention && config.positions == Positions::Rotary;
}

}  // namespace

Family familyToWrite(const ModelConfig& config) {
    const AttentionConfig& a = config.attention;
    const MoeConfig& moe = config.moe;
    const bool experts = config.expertLayers() > 0;
    if (!isModern(config)) return Family::LatentLoom;
    if (a.latent == Latent::None) {
        return a.rotaryWidth() == a.headDim && !experts ? Family::Llama : Family::LatentLoom;
    }
    if (a.latent != Latent::Joint || config.latentNormEps != 1e-6 || !a.normsLatents()) return Family::LatentLoom;
    // transformers builds V3's shared experts always, and V2 neither normalises nor knows half layout.
    const bool v3 = !config.mlpBias && (!experts || (moe.scoring == ExpertScoring::Sigmoid && moe.shared > 0));
    if (v3 && config.family != Family::DeepseekV2) return Family::DeepseekV3;
    const bool v2 = a.ropeLayout == RopeLayout::Interleaved && (!experts || (moe.scoring == ExpertScoring::Softmax && !moe.normalised));
    if (v2) return Family::DeepseekV2;
    return v3 ? Family::DeepseekV3 : Family::LatentLoom;
}

std::string configText(const ModelConfig& config, DType storage) {
    const AttentionConfig& a = config.attention;
    const bool own = config.family == Family::LatentLoom;
    const bool fits = own || familyToWrite(config) == config.family;
    if (!fits || (config.family == Family::Llama && a.ropeLayout != RopeLayout::Half)) {
        throw Error{"A network of this form is not written as " + std::string(name(config.family)), {}, "Write it as latentloom"};
    }
    const RopeScaling& s = a.ropeScaling;
    Json json;
    json["architectures"] = {architecture(config.family)};
    json["model_type"] = name(config.family);
    json["dtype"] = storage == DType::BF16 ? "bfloat16" : storage == DType::F16 ? "float16" : "float32";
    json["vocab_size"] = config.vocab;
    json["hidden_size"] = config.dModel;
    json["num_hidden_layers"] = config.layers;
    json["num_attention_heads"] = a.heads;
    json["num_key_value_heads"] = a.kvHeads;  // always: without it DeepSeek's class computes something else
    json["intermediate_size"] = config.ffnWidth;
    json["max_position_embeddings"] = s.kind == RopeScalingKind::Dynamic ? s.originalContext : config.context;
    if (!own) json["rms_norm_eps"] = config.normEps;
    addRope(json, config);
    json["tie_word_embeddings"] = config.tieEmbeddings;
    if (own) {
        addOwnKeys(json, config);
    } else if (config.family == Family::Llama) {
        json["head_dim"] = a.headDim;
        json["attention_bias"] = a.bias;
        json["mlp_bias"] = config.mlpBias;
    } else {
        addLatent(json, a);
        json["attention_bias"] = a.bias;
        if (config.family == Family::DeepseekV3) json["rope_interleave"] = a.ropeLayout == RopeLayout::Interleaved;
        if (config.family == Family::DeepseekV2) json["mlp_bias"] = config.mlpBias;
        addExperts(json, config);
    }
    addTokens(json, config);
    return json.dump(2) + "\n";
}

std::string generationConfigText(const ModelConfig& config) {
    Json json = Json::object();
    addTokens(json, config);
    return json.dump(2) + "\n";
}

}  // namespace loom
