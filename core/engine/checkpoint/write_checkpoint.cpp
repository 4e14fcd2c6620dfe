// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/checkpoint/write_checkpoint.h"

#include <cstring>
#include <span>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/data/bf16.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/atomic_file.h"
#include "core/engine/checkpoint/mapped_file.h"

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

/// What only the program's own folders say.
void addOwnKeys(Json& json, const ModelConfig& config) {
    const AttentionConfig& a = config.attention;
    json["latent"] = name(a.latent);
    if (a.latent == Latent::Joint) {
        addLatent(json, a);
    } else {
        json["head_dim"] = a.headDim;
        if (a.latent == Latent::PerHead) {
            json["k_rank"] = a.kRank;
            json["v_rank"] = a.vRank;
        }
    }
    json["positions"] = name(config.positions);
    json["rope_layout"] = name(a.ropeLayout);
    json["norm"] = name(config.norm);
    json["norm_eps"] = config.normEps;
    json["mlp"] = name(config.mlp);
    json["mlp_bias"] = config.mlpBias;
    json["attention_bias"] = a.bias;
}

std::vector<std::uint16_t> asBf16(const TensorToWrite& tensor) {
    const std::size_t count = tensor.data.size() / static_cast<std::size_t>(bytesPerElement(tensor.dtype));
    std::vector<std::uint16_t> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        float value = 0;
        if (tensor.dtype == DType::F64) {
            double wide = 0;
            std::memcpy(&wide, tensor.data.data() + 8 * i, 8);
            value = static_cast<float>(wide);
        } else {
            std::memcpy(&value, tensor.data.data() + 4 * i, 4);
        }
        out[i] = toBf16(value);
    }
    return out;
}

}  // namespace

std::string configText(const ModelConfig& config, DType storage) {
    const AttentionConfig& a = config.attention;
    Json json;
    const char* architecture = config.family == Family::DeepseekV3 ? "DeepseekV3ForCausalLM"
                               : config.family == Family::Llama    ? "LlamaForCausalLM"
                                                                   : "LatentLoomForCausalLM";
    if (config.family == Family::Llama2C) throw Error{"A llama2.c network is not written as a folder", {}, "Choose the family llama"};
    json["architectures"] = {architecture};
    json["model_type"] = name(config.family);
    json["dtype"] = storage == DType::BF16 ? "bfloat16" : "float32";
    json["vocab_size"] = config.vocab;
    json["hidden_size"] = config.dModel;
    json["num_hidden_layers"] = config.layers;
    json["num_attention_heads"] = a.heads;
    json["num_key_value_heads"] = a.kvHeads;  // always: without it DeepSeek's class computes something else
    json["intermediate_size"] = config.ffnWidth;
    json["max_position_embeddings"] = config.context;
    if (config.family != Family::LatentLoom) json["rms_norm_eps"] = config.normEps;
    json["rope_theta"] = a.ropeTheta;
    json["tie_word_embeddings"] = config.tieEmbeddings;
    if (config.family == Family::Llama) {
        json["head_dim"] = a.headDim;
        json["attention_bias"] = a.bias;
        json["mlp_bias"] = config.mlpBias;
    } else if (config.family == Family::DeepseekV3) {
        addLatent(json, a);
        json["attention_bias"] = a.bias;
        json["rope_interleave"] = a.ropeLayout == RopeLayout::Interleaved;
        json["first_k_dense_replace"] = config.layers;  // the default of 3 would build experts
    } else {
        addOwnKeys(json, config);
    }
    addTokens(json, config);
    return json.dump(2) + "\n";
}

std::string generationConfigText(const ModelConfig& config) {
    Json json = Json::object();
    addTokens(json, config);
    return json.dump(2) + "\n";
}

void writeWeights(const std::filesystem::path& folder, const std::vector<TensorToWrite>& tensors, DType storage) {
    if (storage != DType::BF16) return writeSafetensors(folder / "model.safetensors", tensors);
    std::vector<std::vector<std::uint16_t>> rounded;
    std::vector<TensorToWrite> out;
    rounded.reserve(tensors.size());
    for (const TensorToWrite& tensor : tensors) {
        rounded.push_back(asBf16(tensor));
        out.push_back({tensor.name, DType::BF16, tensor.shape, std::as_bytes(std::span(rounded.back()))});
    }
    writeSafetensors(folder / "model.safetensors", out);
}

void writeTextFile(const std::filesystem::path& path, std::string_view text) {
    AtomicFile file(path);
    file.write(std::as_bytes(std::span(text)));
    file.commit();
}

void createFolder(const std::filesystem::path& folder) {
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) {
        throw Error{"The folder cannot be created: " + problem.message(), pathText(folder), "Choose a folder that you may write to"};
    }
}

}  // namespace loom
