// SPDX-License-Identifier: GPL-3.0-or-later
// A GGUF file as a checkpoint: other names, experts stacked in one tensor, kv_b_proj taken apart.
#include <array>
#include <string>
#include <utility>

#include "core/data/error.h"
#include "core/engine/checkpoint/gguf_file.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/tensor_names.h"

namespace loom {
namespace {

constexpr std::array<NameRule, 3> kNames{{{"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}}};
constexpr std::array<NameRule, 20> kLayerNames{{{"attn_norm", "input_layernorm"},
                                                {"ffn_norm", "post_attention_layernorm"},
                                                {"attn_q", "self_attn.q_proj"},
                                                {"attn_k", "self_attn.k_proj"},
                                                {"attn_v", "self_attn.v_proj"},
                                                {"attn_output", "self_attn.o_proj"},
                                                {"attn_q_a", "self_attn.q_a_proj"},
                                                {"attn_q_a_norm", "self_attn.q_a_layernorm"},
                                                {"attn_q_b", "self_attn.q_b_proj"},
                                                {"attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa"},
                                                {"attn_kv_a_norm", "self_attn.kv_a_layernorm"},
                                                {"attn_kv_b", "self_attn.kv_b_proj"},
                                                {"ffn_gate", "mlp.gate_proj"},
                                                {"ffn_up", "mlp.up_proj"},
                                                {"ffn_down", "mlp.down_proj"},
                                                {"ffn_gate_inp", "mlp.gate"},
                                                {"ffn_gate_shexp", "mlp.shared_experts.gate_proj"},
                                                {"ffn_up_shexp", "mlp.shared_experts.up_proj"},
                                                {"ffn_down_shexp", "mlp.shared_experts.down_proj"},
                                                {"exp_probs_b", "mlp.gate.e_score_correction"}}};

using Tensors = std::map<std::string, FoundTensor, std::less<>>;

std::string layerName(std::int64_t layer, std::string_view name) {
    return "model.layers." + std::to_string(layer) + "." + std::string(name);
}

/// Takes a tensor out, if it is there; its shape must be as the configuration has it.
std::optional<FoundTensor> taken(Tensors& tensors, const std::string& name, const std::vector<std::int64_t>& shape) {
    const auto place = tensors.find(name);
    if (place == tensors.end()) return std::nullopt;
    FoundTensor tensor = std::move(place->second);
    tensors.erase(place);
    if (tensor.view.shape == shape) return tensor;
    throw Error{"The tensor has the shape " + shapeText(tensor.view.shape) + " but the configuration needs " + shapeText(shape),
                tensor.where, "The file is damaged; get it again"};
}

void put(Tensors& tensors, std::string name, FoundTensor tensor) {
    const auto [place, fresh] = tensors.try_emplace(std::move(name), std::move(tensor));
    if (!fresh) throw Error{"The same tensor is there twice", place->second.where, "The file is damaged; get it again"};
}

/// [E, out, in] → a matrix for each expert.
void splitExperts(Tensors& tensors, const ModelConfig& config, std::int64_t layer) {
    const MoeConfig& moe = config.moe;
    for (const std::string part : {"gate", "up", "down"}) {
        const bool down = part == "down";
        const std::vector<std::int64_t> matrix{down ? config.dModel : moe.width, down ? moe.width : config.dModel};
        const auto all = taken(tensors, layerName(layer, "ffn_" + part + "_exps.weight"), {moe.experts, matrix[0], matrix[1]});
        if (!all) continue;  // what is missing takeWeights names
        const auto bytes = all->view.data.size() / static_cast<std::size_t>(moe.experts);
        for (std::int64_t e = 0; e < moe.experts; ++e) {
            TensorView view{all->view.dtype, matrix, all->view.data.subspan(static_cast<std::size_t>(e) * bytes, bytes)};
            put(tensors, layerName(layer, "mlp.experts." + std::to_string(e) + "." + part + "_proj.weight"),
                {std::move(view), all->name, all->where});
        }
    }
}

/// k_b [H, r, dN] and v_b [H, dV, r] → kv_b_proj [H·(dN + dV), r], head by head.
void joinLatent(Tensors& tensors, const AttentionConfig& a, std::int64_t layer) {
    const std::int64_t H = a.heads;
    const std::int64_t r = a.kvLoraRank;
    auto k = taken(tensors, layerName(layer, "attn_k_b.weight"), {H, r, a.qkNopeHeadDim});
    auto v = taken(tensors, layerName(layer, "attn_v_b.weight"), {H, a.vHeadDim, r});
    if (!k || !v) return;
    if (k->view.dtype != v->view.dtype) {
        throw Error{"attn_k_b is stored as " + std::string(name(k->view.dtype)) + " and attn_v_b as " + std::string(name(v->view.dtype)) +
                        ", which is not supported",
                    v->where, "Get the file in one of F32, F16, BF16 and Q8_0"};
    }
    k->view.layout = {{H, r * a.qkNopeHeadDim}, {a.qkNopeHeadDim, 1}, {r, a.qkNopeHeadDim}};
    v->view.layout = {{H, a.vHeadDim * r}, {a.vHeadDim * r, 1}};
    FoundTensor both{{k->view.dtype, {H * (a.qkNopeHeadDim + a.vHeadDim), r}, {}}, k->name, k->where};
    both.view.parts = {std::move(k->view), std::move(v->view)};
    put(tensors, layerName(layer, "self_attn.kv_b_proj.weight"), std::move(both));
}

}  // namespace

Checkpoint readGguf(std::shared_ptr<const MappedFile> file) {
    GgufFile gguf = readGgufFile(std::move(file));
    Checkpoint checkpoint;
    checkpoint.path = gguf.file->path();
    checkpoint.config = readGgufConfig(gguf);
    const ModelConfig& config = checkpoint.config;
    FoundWeights found;
    found.origin = checkpoint.path;
    found.files.push_back(gguf.file);
    for (auto& [name, view] : gguf.tensors) {
        if (name != "rope_freqs.weight")
            found.tensors.emplace(name, FoundTensor{std::move(view), name, gguf.metadata.where() + ": " + inQuotes(name)});
    }
    renameTensors(found, {"", "blk.", kNames, kLayerNames});
    const std::int64_t predicting = gguf.metadata.integer(config.modelType + ".nextn_predict_layers", 0);
    for (std::int64_t layer = config.layers; layer < config.layers + predicting; ++layer) {
        std::erase_if(found.tensors, [start = layerName(layer, "")](const auto& each) { return each.first.starts_with(start); });
    }
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        if (config.attention.latent == Latent::Joint) joinLatent(found.tensors, config.attention, layer);
        if (!config.hasExperts(LayerIndex{layer})) continue;
        splitExperts(found.tensors, config, layer);
        auto correction = taken(found.tensors, layerName(layer, "mlp.gate.e_score_correction.bias"), {config.moe.experts});
        if (correction) put(found.tensors, layerName(layer, "mlp.gate.e_score_correction_bias"), std::move(*correction));
    }
    takeWeights(checkpoint, std::move(found));
    return checkpoint;
}

}  // namespace loom
