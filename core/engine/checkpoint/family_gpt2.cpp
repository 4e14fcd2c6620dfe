// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-2: learned positions, LayerNorm, gelu by tanh; its matrices are stored transposed (Conv1D), query, key and value as one.
#include <array>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/gpt2_names.h"
#include "core/engine/checkpoint/tensor_names.h"

namespace loom {

ModelConfig readGpt2Config(const ConfigReader& reader) {
    ModelConfig config;
    config.family = Family::Gpt2;
    config.dModel = reader.integer("n_embd");
    config.layers = reader.integer("n_layer");
    config.attention.heads = config.attention.kvHeads = reader.integer("n_head");
    config.context = reader.has("n_positions") ? reader.integer("n_positions") : reader.integer("n_ctx", 1024);
    readVocabulary(reader, config, true, {1024, 50256, 50256});
    readGptBlock(reader, config, "n_inner");
    AttentionConfig& a = config.attention;
    a.bias = true;
    a.headDim = evenHeadDim(reader, config);
    a.scaled = reader.truth("scale_attn_weights", true);
    a.scaledByLayer = reader.truth("scale_attn_by_inverse_layer_idx", false);
    if (reader.truth("add_cross_attention", false)) {
        reader.fail("add_cross_attention is true", "Only networks that write text by themselves open, not parts of a translator");
    }
    checkConfig(config, reader.where());
    return config;
}

void arrangeGpt2(FoundWeights& found, const ModelConfig& config) {
    static constexpr std::array<std::string_view, 3> kTransposed{"self_attn.o_proj", "mlp.up_proj", "mlp.down_proj"};
    renameTensors(found, {"transformer.", "h.", kGpt2Names, kGpt2LayerNames});
    splitProjections(found, config, QkvLayout::Columns);
    transposeWeights(found, config, kTransposed);
}

}  // namespace loom
