// SPDX-License-Identifier: GPL-3.0-or-later
// Matching the tensors of a file with what a configuration needs.
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/config_keys.h"
#include "core/engine/checkpoint/hf_weights.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

bool isWeightType(DType type) {
    type = plainType(type);
    return type == DType::F32 || type == DType::BF16 || type == DType::F16 || type == DType::F64;
}

/// What may be wrong where configuration and weights do not agree.
std::string notTogether(const ModelConfig& config) {
    if (config.family == Family::Gguf) return "The file is damaged or its metadata was changed; get it again";
    return "config.json and the weights do not belong together; get both again";
}

/// N of "model.layers.N.…".
std::optional<std::int64_t> layerOf(std::string_view name) {
    constexpr std::string_view kStart = "model.layers.";
    if (!name.starts_with(kStart)) return std::nullopt;
    name.remove_prefix(kStart.size());
    std::int64_t layer = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
    if (error != std::errc() || layer < 0 || end == name.data() + name.size() || *end != '.') return std::nullopt;
    return layer;
}

/// Tables that old exporters saved and nobody needs.
bool isBuffer(std::string_view name) {
    for (const std::string_view end :
         {".rotary_emb.inv_freq", ".attn.masked_bias", ".attn.bias", ".attention.masked_bias", ".attention.bias"}) {
        if (name.ends_with(end)) return true;
    }
    return false;
}

/// Whether leaving out this tensor, which the configuration does not ask for, would change what the network computes.
bool matters(std::string_view name, const ModelConfig& config) {
    if (config.family == Family::Gguf) return true;
    if (isBuffer(name)) return false;
    if (const std::optional<std::int64_t> layer = layerOf(name)) {
        // DeepSeek keeps its multi-token prediction in layers behind the last.
        return *layer < config.layers || (config.family != Family::DeepseekV3 && config.family != Family::DeepseekV2);
    }
    if (name == "lm_head.weight") return !config.tieEmbeddings;
    for (const std::string_view part : {"model.norm.", "model.embed_tokens.", "model.embed_positions.", "lm_head."}) {
        if (name.starts_with(part)) return true;
    }
    return false;
}

Error strangerError(const FoundTensor& tensor, const std::string& canonical, const ModelConfig& config) {
    const std::optional<std::int64_t> layer = layerOf(canonical);
    if (layer && *layer >= config.layers) {
        return {"The weights have a layer " + std::to_string(*layer) + " but " + configKeys(config.family).layers + " is " +
                    std::to_string(config.layers),
                tensor.where, notTogether(config)};
    }
    const bool experts = canonical.find(".mlp.experts.") != std::string::npos ||
                         canonical.find(".mlp.shared_experts.") != std::string::npos || canonical.find(".mlp.gate.") != std::string::npos;
    if (experts && config.family != Family::Gguf) {
        return {"The weights hold an expert that the configuration does not ask for", tensor.where,
                "config.json and the weights do not belong together; check n_routed_experts, n_shared_experts and first_k_dense_replace"};
    }
    return {"The weights hold a tensor that the configuration does not ask for", tensor.where,
            config.family == Family::Gguf
                ? "Leaving it out would change what the network computes; get the model in another form"
                : "Leaving it out would change what the network computes; check that config.json belongs to these weights"};
}

Error missingError(const TensorSpec& spec, const FoundWeights& found, const ModelConfig& config) {
    std::string hint = notTogether(config);
    if (config.family == Family::Gguf)
        return {"The tensor " + inQuotes(spec.name) + " of shape " + shapeText(spec.shape) + " is missing", pathText(found.origin), hint};
    if (spec.name == "lm_head.weight") hint = "If the head shares the embedding, config.json must say \"tie_word_embeddings\": true";
    if (spec.name.ends_with(".q_a_proj.weight")) {
        std::string plain = spec.name;
        plain.replace(plain.size() - std::string_view("q_a_proj.weight").size(), std::string::npos, "q_proj.weight");
        if (found.tensors.count(plain) > 0) hint = "The weights hold q_proj instead: config.json must say \"q_lora_rank\": null";
    }
    return {"The tensor " + inQuotes(spec.name) + " of shape " + shapeText(spec.shape) + " is missing", pathText(found.origin), hint};
}

}  // namespace

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (const std::int64_t size : shape) text.append(text.size() > 1 ? ", " : "").append(std::to_string(size));
    return text + "]";
}

void takeWeights(Checkpoint& checkpoint, FoundWeights found) {
    ModelConfig& config = checkpoint.config;
    const std::int64_t least = config.layers + 3 * config.expertLayers() * config.moe.experts;
    if (static_cast<std::size_t>(least) > found.tensors.size()) {  // before a list of all names is made
        const std::string experts = config.expertLayers() > 0 ? " with " + std::to_string(config.moe.experts) + " experts" : "";
        throw Error{std::string(configKeys(config.family).layers) + " is " + std::to_string(config.layers) + experts +
                        " but the weights hold only " + std::to_string(found.tensors.size()) + " tensors",
                    pathText(found.origin), notTogether(config)};
    }
    std::array<std::int64_t, 11> elements{};  // by DType
    for (const TensorSpec& spec : expectedTensors(config)) {
        const auto place = found.tensors.find(spec.name);
        if (place == found.tensors.end()) throw missingError(spec, found, config);
        TensorView& view = place->second.view;
        if (view.shape != spec.shape) {
            throw Error{"The tensor has the shape " + shapeText(view.shape) + " but the configuration needs " + shapeText(spec.shape),
                        place->second.where, notTogether(config)};
        }
        if (!isWeightType(view.dtype)) {
            throw Error{"Weights cannot be stored as " + std::string(name(view.dtype)), place->second.where,
                        "Supported are F32, BF16, F16 and F64; convert the checkpoint, quantised ones do not open yet"};
        }
        elements[static_cast<std::size_t>(view.dtype)] += *checkedProduct(view.shape);
        checkpoint.tensors.emplace(spec.name, std::move(view));
        found.tensors.erase(place);
    }
    for (const auto& [name, tensor] : found.tensors) {
        if (matters(name, config)) throw strangerError(tensor, name, config);
    }
    std::size_t most = 0;
    for (std::size_t type = 0; type < elements.size(); ++type) {
        if (elements[type] > elements[most]) most = type;
    }
    config.storage = static_cast<DType>(most);
    checkpoint.storage = std::make_shared<const std::vector<std::shared_ptr<const MappedFile>>>(std::move(found.files));
    checkpoint.mapped = true;
}

}  // namespace loom
