// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-Neo: GPT-2 with plain matrices, scores that are not scaled, and layers that see only a window (the TinyStories models).
#include <algorithm>
#include <array>
#include <string>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/tensor_names.h"

namespace loom {
namespace {

constexpr std::int64_t kMaxLayers = 10'000;

/// "attention_types": [[["global", "local"], 12], …]: each list of kinds so many times. True = local.
std::vector<bool> localLayers(const ConfigReader& reader) {
    const auto fail = [&] {
        reader.fail("attention_types must be a list such as [[[\"global\", \"local\"], 12]], of global and local layers");
    };
    if (!reader.has("attention_types")) reader.fail("The key attention_types is missing");
    const nlohmann::json& types = reader.json().at("attention_types");
    if (!types.is_array()) fail();
    std::vector<bool> local;
    for (const nlohmann::json& entry : types) {
        if (!entry.is_array() || entry.size() != 2 || !entry[0].is_array() || entry[0].empty() || !entry[1].is_number_unsigned()) fail();
        const auto times = entry[1].get<std::uint64_t>();
        if (times > static_cast<std::uint64_t>(kMaxLayers)) fail();
        for (std::uint64_t i = 0; i < times; ++i) {
            for (const nlohmann::json& kind : entry[0]) {
                if (kind != "global" && kind != "local") fail();
                if (std::ssize(local) >= kMaxLayers) fail();
                local.push_back(kind == "local");
            }
        }
    }
    return local;
}

}  // namespace

ModelConfig readGptNeoConfig(const ConfigReader& reader) {
    ModelConfig config;
    config.family = Family::GptNeo;
    config.dModel = reader.integer("hidden_size");
    config.layers = reader.integer("num_layers");
    config.attention.heads = config.attention.kvHeads = reader.integer("num_heads");
    config.context = reader.integer("max_position_embeddings", 2048);
    readVocabulary(reader, config, true, {2048, 50256, 50256});
    readGptBlock(reader, config, "intermediate_size");
    AttentionConfig& a = config.attention;
    a.outputBias = true;
    a.scaled = false;
    a.headDim = evenHeadDim(reader, config);
    const std::int64_t window = reader.integer("window_size", 256);
    if (window < 1) reader.fail("window_size is " + std::to_string(window) + "; it must be at least 1");
    const std::vector<bool> local = localLayers(reader);
    if (std::ssize(local) != config.layers) {
        reader.fail("attention_types names " + std::to_string(local.size()) + " layers but num_layers is " + std::to_string(config.layers));
    }
    if (std::find(local.begin(), local.end(), true) != local.end()) {
        for (const bool isLocal : local) a.windows.push_back(isLocal ? window : 0);
    }
    checkConfig(config, reader.where());
    return config;
}

void arrangeGptNeo(FoundWeights& found, const ModelConfig&) {
    static constexpr std::array<NameRule, 4> kWhole{
        {{"wte", "model.embed_tokens"}, {"wpe", "model.embed_positions"}, {"ln_f", "model.norm"}, {"lm_head", "lm_head"}}};
    static constexpr std::array<NameRule, 8> kInLayer{{{"ln_1", "input_layernorm"},
                                                       {"attn.attention.q_proj", "self_attn.q_proj"},
                                                       {"attn.attention.k_proj", "self_attn.k_proj"},
                                                       {"attn.attention.v_proj", "self_attn.v_proj"},
                                                       {"attn.attention.out_proj", "self_attn.o_proj"},
                                                       {"ln_2", "post_attention_layernorm"},
                                                       {"mlp.c_fc", "mlp.up_proj"},
                                                       {"mlp.c_proj", "mlp.down_proj"}}};
    renameTensors(found, {"transformer.", "h.", kWhole, kInLayer});
}

}  // namespace loom
