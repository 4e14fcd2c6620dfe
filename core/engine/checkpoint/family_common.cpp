// SPDX-License-Identifier: GPL-3.0-or-later
// What all Hugging Face configurations share, and the choice of the family.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

struct FamilyEntry {
    std::string_view modelType;
    ModelConfig (*read)(const ConfigReader&);
};
constexpr std::array<FamilyEntry, 3> kFamilies{
    {{"llama", readLlamaConfig}, {"deepseek_v3", readDeepseekV3Config}, {"latentloom", readLatentLoomConfig}}};

constexpr const char* kLaterHint =
    "Choose a checkpoint without it; this program would compute something else than the network was trained for";

/// The kind of rotary scaling, "default" for none. `rope_parameters` (newer) wins over `rope_scaling`.
std::string rotaryKind(const ConfigReader& reader, const std::optional<ConfigReader>& parameters) {
    const std::optional<ConfigReader> scaling = reader.object("rope_scaling");
    for (const std::optional<ConfigReader>* source : {&parameters, &scaling}) {
        if (!*source) continue;
        for (const char* key : {"rope_type", "type"}) {
            if ((*source)->has(key)) return (*source)->text(key);
        }
    }
    if (scaling && !scaling->json().empty()) reader.fail("rope_scaling has no rope_type");
    return "default";
}

void refuseOtherRotation(const ConfigReader& reader, const std::optional<ConfigReader>& parameters) {
    const std::string kind = rotaryKind(reader, parameters);
    if (kind != "default") reader.fail("The rotary scaling " + inQuotes(kind) + " is not supported yet", kLaterHint);
    const auto whole = [](const ConfigReader& source) {
        return !source.has("partial_rotary_factor") || source.number("partial_rotary_factor", 1.0) == 1.0;
    };
    if (!whole(reader) || (parameters && !whole(*parameters))) {
        reader.fail("partial_rotary_factor other than 1 is not supported yet", kLaterHint);
    }
}

/// null = none, absent = what the family assumes.
std::vector<std::int64_t> tokenIds(const ConfigReader& reader, const std::string& key, std::int64_t absent) {
    if (!reader.contains(key)) return {absent};
    return reader.has(key) ? reader.integers(key) : std::vector<std::int64_t>{};
}

}  // namespace

ModelConfig readCommonConfig(const ConfigReader& reader, Family family, const FamilyDefaults& defaults) {
    ModelConfig config;
    config.family = family;
    config.modelType = reader.text("model_type");
    config.dModel = reader.integer("hidden_size");
    config.layers = reader.integer("num_hidden_layers");
    config.attention.heads = reader.integer("num_attention_heads");
    config.ffnWidth = reader.integer("intermediate_size");
    config.vocab = reader.integer("vocab_size");
    config.context = reader.integer("max_position_embeddings", defaults.context);
    config.normEps = reader.number("rms_norm_eps", 1e-6);
    config.attention.bias = reader.truth("attention_bias", false);
    config.tieEmbeddings = reader.truth("tie_word_embeddings", false);

    const std::optional<ConfigReader> parameters = reader.object("rope_parameters");
    const bool newer = parameters && parameters->contains("rope_theta");
    config.attention.ropeTheta = (newer ? *parameters : reader).number("rope_theta", 10000.0);
    refuseOtherRotation(reader, parameters);
    const std::string activation = reader.text("hidden_act", "silu");
    if (activation != "silu" && activation != "swish") {  // two names of one function
        reader.fail("The activation " + inQuotes(activation) + " is not supported: hidden_act must be \"silu\"", kLaterHint);
    }

    const std::vector<std::int64_t> begin = tokenIds(reader, "bos_token_id", defaults.bosToken);
    if (!begin.empty()) config.bosToken = TokenId{begin.front()};
    for (const std::int64_t id : tokenIds(reader, "eos_token_id", defaults.eosToken)) config.eosTokens.emplace_back(id);
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

}  // namespace loom
