// SPDX-License-Identifier: GPL-3.0-or-later
// The program's own folders, model_type "latentloom": every form that fits no family of others, all choices written out.
#include <array>
#include <string>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

/// The value of a key among the names of an enumeration.
template <class Enum, std::size_t N>
Enum choice(const ConfigReader& reader, const std::string& key, const std::array<Enum, N>& values, Enum absent) {
    if (!reader.has(key)) return absent;
    const std::string text = reader.text(key);
    std::string known;
    for (const Enum value : values) {
        if (name(value) == text) return value;
        known.append(known.empty() ? "" : ", ").append(name(value));
    }
    reader.fail(key + " is " + inQuotes(text), "Known are: " + known);
}

/// Experts are named as DeepSeek names them; here nothing has them unless the file says so.
void readOwnExperts(const ConfigReader& reader, ModelConfig& config) {
    const ExpertScoring scoring =
        choice(reader, "scoring_func", std::array{ExpertScoring::Softmax, ExpertScoring::Sigmoid}, ExpertScoring::Sigmoid);
    readExperts(reader, config, scoring, {});
    if (config.moe.experts > 0) config.moe.normalised = reader.truth("norm_topk_prob", false);
}

}  // namespace

ModelConfig readLatentLoomConfig(const ConfigReader& reader) {
    ModelConfig config = readCommonConfig(reader, Family::LatentLoom, {512, 0, 0});
    AttentionConfig& a = config.attention;
    config.positions = choice(reader, "positions", std::array{Positions::Rotary, Positions::Learned, Positions::None}, Positions::Rotary);
    config.norm = choice(reader, "norm", std::array{NormKind::Rms, NormKind::Layer}, NormKind::Rms);
    config.mlp = choice(reader, "mlp", std::array{MlpKind::SwiGlu, MlpKind::Gelu, MlpKind::GeluTanh}, MlpKind::SwiGlu);
    config.normEps = reader.number("norm_eps", 1e-5);
    config.mlpBias = reader.truth("mlp_bias", false);
    config.normBias = reader.truth("norm_bias", true);
    config.parallelResidual = reader.truth("parallel_residual", false);
    readOwnExperts(reader, config);
    a.latent = choice(reader, "latent", std::array{Latent::None, Latent::Joint, Latent::PerHead, Latent::SplitShared}, Latent::None);
    a.ropeLayout = choice(reader, "rope_layout", std::array{RopeLayout::Half, RopeLayout::Interleaved}, RopeLayout::Half);
    a.outputBias = reader.truth("attention_output_bias", false);
    a.scaled = reader.truth("attention_scaled", true);
    a.scaledByLayer = reader.truth("attention_scaled_by_layer", false);
    const bool normed = a.latent == Latent::Joint;
    if (reader.truth("latent_norm", normed) != normed) a.latentNorm = !normed;
    if (reader.has("attention_windows")) a.windows = reader.integers("attention_windows");
    a.kvHeads = a.heads;
    if (a.latent == Latent::Joint) {
        if (config.positions != Positions::Rotary) reader.fail("A joint latent needs positions \"rotary\": its rotary key carries them");
        a.qLoraRank = reader.has("q_lora_rank") ? reader.integer("q_lora_rank") : 0;
        a.kvLoraRank = reader.integer("kv_lora_rank");
        a.qkNopeHeadDim = reader.integer("qk_nope_head_dim");
        a.qkRopeHeadDim = reader.integer("qk_rope_head_dim");
        a.vHeadDim = reader.integer("v_head_dim");
    } else {
        a.headDim = reader.integer("head_dim");
        if (a.latent == Latent::None) {
            a.kvHeads = reader.integer("num_key_value_heads", a.heads);
        } else {
            a.kRank = reader.integer("k_rank");
            a.vRank = reader.integer("v_rank");
        }
        if (config.positions == Positions::Rotary) {
            // Shared latents: the second half of each head, as the paper's code does.
            const bool half = a.latent == Latent::SplitShared;
            a.rotaryDim = reader.integer("rotary_dim", half ? a.headDim / 2 : 0);
            a.rotaryStart = reader.integer("rotary_start", half ? a.headDim - a.rotaryDim : 0);
        }
    }
    checkConfig(config, reader.where());
    return config;
}

}  // namespace loom
