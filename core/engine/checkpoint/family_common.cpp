// SPDX-License-Identifier: GPL-3.0-or-later
// What Hugging Face configurations share, and the choice of the family.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/engine/checkpoint/config_keys.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

struct FamilyEntry {
    std::string_view modelType;
    ModelConfig (*read)(const ConfigReader&);
};
constexpr std::array<FamilyEntry, 7> kFamilies{{{"llama", readLlamaConfig},
                                                {"deepseek_v2", readDeepseekV2Config},
                                                {"deepseek_v3", readDeepseekV3Config},
                                                {"gpt2", readGpt2Config},
                                                {"gpt_neo", readGptNeoConfig},
                                                {"gpt_neox", readGptNeoXConfig},
                                                {"latentloom", readLatentLoomConfig}}};

constexpr const char* kOtherActivation =
    "Choose a checkpoint without it; this program would compute something else than the network was trained for";

/// null = none, absent = what the family assumes.
std::vector<std::int64_t> tokenIds(const ConfigReader& reader, const std::string& key, std::int64_t absent) {
    if (!reader.contains(key)) return {absent};
    return reader.has(key) ? reader.integers(key) : std::vector<std::int64_t>{};
}

}  // namespace

void readVocabulary(const ConfigReader& reader, ModelConfig& config, bool tiedIfAbsent, const FamilyDefaults& defaults) {
    config.modelType = reader.text("model_type");
    config.vocab = reader.integer("vocab_size");
    config.tieEmbeddings = reader.truth("tie_word_embeddings", tiedIfAbsent);
    const std::vector<std::int64_t> begin = tokenIds(reader, "bos_token_id", defaults.bosToken);
    if (!begin.empty()) config.bosToken = TokenId{begin.front()};
    for (const std::int64_t id : tokenIds(reader, "eos_token_id", defaults.eosToken)) config.eosTokens.emplace_back(id);
}

MlpKind readGelu(const ConfigReader& reader, const std::string& key, const std::string& absent) {
    const std::string text = reader.text(key, absent);
    if (text == "gelu") return MlpKind::Gelu;
    for (const std::string_view tanh : {"gelu_new", "gelu_fast", "gelu_pytorch_tanh"}) {  // names of one function
        if (text == tanh) return MlpKind::GeluTanh;
    }
    reader.fail("The activation " + inQuotes(text) + " is not supported: " + key + " must be \"gelu\" or \"gelu_new\"", kOtherActivation);
}

void readGptBlock(const ConfigReader& reader, ModelConfig& config, const std::string& innerKey) {
    // Within bounds four times the width is; what is not, checkConfig names.
    config.ffnWidth = reader.has(innerKey) ? reader.integer(innerKey) : 4 * std::clamp<std::int64_t>(config.dModel, 1, 1 << 20);
    config.positions = Positions::Learned;
    config.norm = NormKind::Layer;
    config.normEps = reader.number("layer_norm_epsilon", 1e-5);
    config.mlp = readGelu(reader, "activation_function", "gelu_new");
    config.mlpBias = true;
}

std::int64_t evenHeadDim(const ConfigReader& reader, const ModelConfig& config) {
    const std::int64_t heads = config.attention.heads;
    if (heads <= 0) return 0;
    if (config.dModel % heads != 0) {
        const ConfigKeys keys = configKeys(config.family);
        reader.fail(std::string(keys.dModel) + " (" + std::to_string(config.dModel) + ") is no multiple of " + keys.heads + " (" +
                    std::to_string(heads) + ")" + (config.family == Family::Llama ? " and there is no head_dim" : ""));
    }
    return config.dModel / heads;
}

ModelConfig readCommonConfig(const ConfigReader& reader, Family family, const FamilyDefaults& defaults) {
    ModelConfig config;
    config.family = family;
    config.dModel = reader.integer("hidden_size");
    config.layers = reader.integer("num_hidden_layers");
    config.attention.heads = reader.integer("num_attention_heads");
    config.ffnWidth = reader.integer("intermediate_size");
    config.context = reader.integer("max_position_embeddings", defaults.context);
    config.normEps = reader.number("rms_norm_eps", 1e-6);
    config.attention.bias = reader.truth("attention_bias", false);
    readVocabulary(reader, config, false, defaults);
    readRope(reader, config);
    const std::string activation = reader.text("hidden_act", "silu");
    if (activation != "silu" && activation != "swish") {  // two names of one function
        reader.fail("The activation " + inQuotes(activation) + " is not supported: hidden_act must be \"silu\"", kOtherActivation);
    }
    return config;
}

ModelConfig readFamilyConfig(const ConfigReader& reader) {
    std::string known;
    for (const FamilyEntry& entry : kFamilies) known.append(known.empty() ? "" : ", ").append(entry.modelType);
    const std::string hint = "Supported are: " + known;
    if (!reader.has("model_type")) reader.fail("The key model_type is missing", hint);
    const std::string type = reader.text("model_type");
    for (const FamilyEntry& entry : kFamilies) {
        if (entry.modelType == type) return entry.read(reader);
    }
    reader.fail("The model family " + inQuotes(type) + " is not supported", hint);
}

void arrangeTensors(FoundWeights& found, const ModelConfig& config) {
    if (config.family == Family::Gpt2) arrangeGpt2(found, config);
    if (config.family == Family::GptNeo) arrangeGptNeo(found, config);
    if (config.family == Family::GptNeoX) arrangeGptNeoX(found, config);
}

}  // namespace loom
