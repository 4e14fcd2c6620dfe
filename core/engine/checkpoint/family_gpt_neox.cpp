// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-NeoX, Pythia: part of each head is rotated, attention and feed-forward run beside each other, query, key and value lie head by head.
#include <array>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/tensor_names.h"

namespace loom {

ModelConfig readGptNeoXConfig(const ConfigReader& reader) {
    ModelConfig config;
    config.family = Family::GptNeoX;
    config.dModel = reader.integer("hidden_size");
    config.layers = reader.integer("num_hidden_layers");
    config.attention.heads = config.attention.kvHeads = reader.integer("num_attention_heads");
    config.ffnWidth = reader.integer("intermediate_size");
    config.context = reader.integer("max_position_embeddings", 2048);
    readVocabulary(reader, config, false, {2048, 0, 2});
    config.norm = NormKind::Layer;
    config.normEps = reader.number("layer_norm_eps", 1e-5);
    config.mlp = readGelu(reader, "hidden_act", "gelu");
    config.mlpBias = true;
    config.parallelResidual = reader.truth("use_parallel_residual", true);
    AttentionConfig& a = config.attention;
    a.bias = reader.truth("attention_bias", true);
    a.ropeLayout = RopeLayout::Half;
    a.headDim = evenHeadDim(reader, config);
    readRope(reader, config, "rotary_emb_base");
    readPartialRotation(reader, config, "rotary_pct", 0.25);
    checkConfig(config, reader.where());
    return config;
}

void arrangeGptNeoX(FoundWeights& found, const ModelConfig& config) {
    static constexpr std::array<NameRule, 3> kWhole{
        {{"embed_in", "model.embed_tokens"}, {"final_layer_norm", "model.norm"}, {"embed_out", "lm_head"}}};
    static constexpr std::array<NameRule, 4> kInLayer{{{"attention.query_key_value", "self_attn.qkv_proj"},
                                                       {"attention.dense", "self_attn.o_proj"},
                                                       {"mlp.dense_h_to_4h", "mlp.up_proj"},
                                                       {"mlp.dense_4h_to_h", "mlp.down_proj"}}};
    renameTensors(found, {"gpt_neox.", "layers.", kWhole, kInLayer});
    splitProjections(found, config, QkvLayout::Interleaved);
}

}  // namespace loom
