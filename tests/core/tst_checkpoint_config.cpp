// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds of configurations, expected tensors against the parameter formula, and config.json key by key.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/checkpoint/checkpoint.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom {
namespace {

using test::errorOf;
using test::TempFolder;
using test::TinyOptions;
using test::writeFile;
using test::writeTinyCheckpoint;
using testing::HasSubstr;

std::int64_t sumOf(const std::vector<TensorSpec>& specs) {
    std::int64_t total = 0;
    for (const TensorSpec& spec : specs) {
        std::int64_t elements = 1;
        for (const std::int64_t size : spec.shape) elements *= size;
        total += elements;
    }
    return total;
}

TEST(ExpectedTensors, AgreeWithTheParameterFormulaInEveryVariation) {
    int variations = 0;
    for (const Family family : {Family::Llama, Family::DeepseekV3, Family::Llama2C}) {
        for (int bits = 0; bits < 32; ++bits) {
            TinyOptions o;
            o.family = family;
            o.tied = (bits & 1) != 0;
            o.attentionBias = (bits & 2) != 0;
            o.mlpBias = (bits & 4) != 0;
            o.qLoraRank = (bits & 8) != 0 ? 12 : 0;
            o.headDim = (bits & 16) != 0 ? 10 : 0;
            o.kvHeads = (bits & 16) != 0 ? 1 : 4;
            const ModelConfig config = test::tinyConfig(o);
            const std::vector<TensorSpec> specs = expectedTensors(config);
            EXPECT_EQ(countParameters(config).total, sumOf(specs)) << name(family) << " " << bits;
            EXPECT_EQ(countParameters(config).total - countParameters(config).nonEmbedding, config.vocab * config.dModel);
            std::set<std::string> names;
            for (const TensorSpec& spec : specs) names.insert(spec.name);
            EXPECT_EQ(names.size(), specs.size());
            EXPECT_EQ(names.count("lm_head.weight"), o.tied ? 0U : 1U);
            ++variations;
        }
    }
    EXPECT_EQ(variations, 96);
}

TEST(ExpectedTensors, AreInLayerOrderWithTheNamesOfTheFamily) {
    TinyOptions o;
    o.family = Family::DeepseekV3;
    o.layers = 1;
    o.qLoraRank = 12;
    o.attentionBias = true;
    std::vector<std::string> names;
    for (const TensorSpec& spec : expectedTensors(test::tinyConfig(o))) names.push_back(spec.name);
    const std::string p = "model.layers.0.";
    EXPECT_EQ(names, (std::vector<std::string>{"model.embed_tokens.weight", p + "input_layernorm.weight", p + "self_attn.q_a_proj.weight",
                                               p + "self_attn.q_a_proj.bias", p + "self_attn.q_a_layernorm.weight",
                                               p + "self_attn.q_b_proj.weight", p + "self_attn.kv_a_proj_with_mqa.weight",
                                               p + "self_attn.kv_a_proj_with_mqa.bias", p + "self_attn.kv_a_layernorm.weight",
                                               p + "self_attn.kv_b_proj.weight", p + "self_attn.o_proj.weight", p + "self_attn.o_proj.bias",
                                               p + "post_attention_layernorm.weight", p + "mlp.gate_proj.weight", p + "mlp.up_proj.weight",
                                               p + "mlp.down_proj.weight", "model.norm.weight", "lm_head.weight"}));
}

TEST(CheckConfig, AcceptsTheLargestRealModels) {
    ModelConfig llama = test::tinyConfig({});
    llama.dModel = 16384;
    llama.layers = 126;
    llama.vocab = 128256;
    llama.ffnWidth = 53248;
    llama.context = 131072;
    llama.attention.heads = 128;
    llama.attention.kvHeads = 8;
    llama.attention.headDim = 128;
    checkConfig(llama, "x");
    TinyOptions o;
    o.family = Family::DeepseekV3;
    ModelConfig v3 = test::tinyConfig(o);
    v3.dModel = 7168;
    v3.layers = 61;
    v3.vocab = 129280;
    v3.context = 163840;
    v3.attention.heads = v3.attention.kvHeads = 128;
    v3.attention.qLoraRank = 1536;
    v3.attention.kvLoraRank = 512;
    v3.attention.qkNopeHeadDim = v3.attention.vHeadDim = 128;
    v3.attention.qkRopeHeadDim = 64;
    checkConfig(v3, "x");
}

struct BadConfig {
    const char* name;
    std::function<void(ModelConfig&)> change;
    const char* what;
    Family family = Family::Llama;
};

class BadConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigs, NameTheKey) {
    TinyOptions o;
    o.family = GetParam().family;
    ModelConfig config = test::tinyConfig(o);
    checkConfig(config, "fine");
    GetParam().change(config);
    const Error error = errorOf([&] { checkConfig(config, "the file"); });
    EXPECT_THAT(error.what, HasSubstr(GetParam().what));
    EXPECT_EQ(error.where, "the file");
}

constexpr std::int64_t kHuge = std::int64_t{1} << 62;
constexpr Family kV3 = Family::DeepseekV3;

INSTANTIATE_TEST_SUITE_P(
    Checkpoint, BadConfigs,
    testing::Values(
        BadConfig{"NoLayers", [](ModelConfig& c) { c.layers = 0; }, "num_hidden_layers"},
        BadConfig{"NegativeLayers", [](ModelConfig& c) { c.layers = -1; }, "num_hidden_layers"},
        BadConfig{"BillionLayers", [](ModelConfig& c) { c.layers = 1'000'000'000; }, "num_hidden_layers"},
        BadConfig{"BillionLayersOfLlama2C", [](ModelConfig& c) { c.layers = 1'000'000'000; }, "n_layers", Family::Llama2C},
        BadConfig{"NoHeads", [](ModelConfig& c) { c.attention.heads = 0; }, "num_attention_heads"},
        BadConfig{"NoKvHeads", [](ModelConfig& c) { c.attention.kvHeads = 0; }, "num_key_value_heads"},
        BadConfig{"KvHeadsDoNotDivide", [](ModelConfig& c) { c.attention.kvHeads = 3; }, "must divide num_attention_heads"},
        BadConfig{"MoreKvHeadsThanHeads", [](ModelConfig& c) { c.attention.kvHeads = 8; }, "num_key_value_heads"},
        BadConfig{"OddHeadWidth", [](ModelConfig& c) { c.attention.headDim = 7; }, "head_dim is 7; rotary"},
        BadConfig{"HugeHeads", [](ModelConfig& c) { c.attention.heads = c.attention.kvHeads = kHuge; }, "num_attention_heads"},
        BadConfig{"WideTogether", [](ModelConfig& c) { c.attention.heads = c.attention.kvHeads = c.attention.headDim = 65536; }, "65536"},
        BadConfig{"HugeWidth", [](ModelConfig& c) { c.dModel = kHuge; }, "hidden_size"},
        BadConfig{"HugeFfn", [](ModelConfig& c) { c.ffnWidth = kHuge; }, "intermediate_size"},
        BadConfig{"HugeVocabulary", [](ModelConfig& c) { c.vocab = kHuge; }, "vocab_size"},
        BadConfig{"NoVocabulary", [](ModelConfig& c) { c.vocab = 0; }, "vocab_size"},
        BadConfig{"HugeContext", [](ModelConfig& c) { c.context = kHuge; }, "max_position_embeddings"},
        BadConfig{"NoContext", [](ModelConfig& c) { c.context = 0; }, "max_position_embeddings"},
        BadConfig{"CacheOverflows",
                  [](ModelConfig& c) {
                      c.layers = 10'000;
                      c.attention.heads = c.attention.kvHeads = 65'536;
                      c.attention.headDim = 64;
                      c.context = std::int64_t{1} << 27;
                  },
                  "holds the cache"},
        BadConfig{"ZeroEps", [](ModelConfig& c) { c.normEps = 0; }, "rms_norm_eps"},
        BadConfig{"EpsIsNoNumber", [](ModelConfig& c) { c.normEps = std::numeric_limits<double>::quiet_NaN(); }, "rms_norm_eps"},
        BadConfig{"NegativeTheta", [](ModelConfig& c) { c.attention.ropeTheta = -1; }, "rope_theta"},
        BadConfig{"InfiniteTheta", [](ModelConfig& c) { c.attention.ropeTheta = std::numeric_limits<double>::infinity(); }, "rope_theta"},
        BadConfig{"NoLatent", [](ModelConfig& c) { c.attention.kvLoraRank = 0; }, "kv_lora_rank", kV3},
        BadConfig{"HugeLatent", [](ModelConfig& c) { c.attention.kvLoraRank = kHuge; }, "kv_lora_rank", kV3},
        BadConfig{"NegativeQueryRank", [](ModelConfig& c) { c.attention.qLoraRank = -1; }, "q_lora_rank", kV3},
        BadConfig{"OddRotary", [](ModelConfig& c) { c.attention.qkRopeHeadDim = 3; }, "qk_rope_head_dim", kV3},
        BadConfig{"NoRotary", [](ModelConfig& c) { c.attention.qkRopeHeadDim = 0; }, "qk_rope_head_dim", kV3},
        BadConfig{"NoContent", [](ModelConfig& c) { c.attention.qkNopeHeadDim = 0; }, "qk_nope_head_dim", kV3},
        BadConfig{"OneExpertPerGroup",
                  [](ModelConfig& c) {
                      c.moe.experts = c.moe.groups = c.moe.topGroups = 4;
                      c.moe.perToken = c.moe.width = 1;
                  },
                  "at least two experts", kV3},
        BadConfig{"ExpertsTooLarge",
                  [](ModelConfig& c) {
                      c.layers = 10;
                      c.dModel = std::int64_t{1} << 20;
                      c.moe.experts = 20'000;
                      c.moe.perToken = 1;
                      c.moe.width = std::int64_t{1} << 22;
                  },
                  "no computer holds experts", kV3},
        BadConfig{"TooManyExperts",
                  [](ModelConfig& c) {
                      c.layers = 10'000;
                      c.moe.experts = 65'536;
                      c.moe.perToken = c.moe.width = 1;
                  },
                  "experts are supported", kV3},
        BadConfig{"WindowsForOtherLayers",
                  [](ModelConfig& c) {
                      c.attention.windows = {1, 2, 3};
                  },
                  "windows for 3 layers"},
        BadConfig{"NegativeWindow",
                  [](ModelConfig& c) {
                      c.attention.windows = {1, -2};
                  },
                  "an attention window is -2"},
        BadConfig{"WindowOfALatent",
                  [](ModelConfig& c) {
                      c.attention.windows = {1, 2};
                  },
                  "need full keys and values", kV3},
        BadConfig{"RotationOutsideTheHead",
                  [](ModelConfig& c) {
                      c.attention.rotaryDim = 4;
                      c.attention.rotaryStart = 6;
                  },
                  "the first rotated element of a head is 6"},
        BadConfig{"NegativeRotation", [](ModelConfig& c) { c.attention.rotaryDim = -2; }, "the rotated width of a head is -2"},
        BadConfig{"HugeValues", [](ModelConfig& c) { c.attention.vHeadDim = kHuge; }, "v_head_dim", kV3}),
    [](const testing::TestParamInfo<BadConfig>& test) { return test.param.name; });

// config.json: one line of the tiny file is replaced and the whole folder opened. What follows an unchanged weights file must fail.

struct BadKey {
    const char* name;
    const char* line;  ///< `"key": value` in its place, or empty to leave the key out
    const char* key;
    const char* message;
    Family family = Family::Llama;
    std::int64_t layers = 2;
};

std::string withKey(const std::string& json, const std::string& key, const std::string& line) {
    const std::size_t at = json.find("\n  \"" + key + "\":");
    if (at == std::string::npos) return json.substr(0, json.rfind('}') - 1) + ",\n  " + line + "\n}\n";
    const std::size_t end = std::min(json.find(",\n", at + 1), json.find("\n}", at + 1));
    std::string result = json;
    if (!line.empty()) return result.replace(at, end - at, "\n  " + line);
    return result.erase(at, std::min(end + 1, json.size()) - at);
}

class BadKeys : public testing::TestWithParam<BadKey> {};

TEST_P(BadKeys, GiveOneClearError) {
    const BadKey& bad = GetParam();
    const TempFolder folder;
    TinyOptions o;
    o.family = bad.family;
    o.layers = bad.layers;
    writeTinyCheckpoint(folder.path(), o);
    static_cast<void>(readCheckpoint(folder.path()));
    writeFile(folder / "config.json", withKey(test::tinyConfigJson(o), bad.key, bad.line));
    const Error error = errorOf([&] { static_cast<void>(readCheckpoint(folder.path())); });
    EXPECT_THAT(error.message(), HasSubstr(bad.message));
    EXPECT_THAT(error.where, HasSubstr(folder.path().string()));
    EXPECT_EQ(error.message().find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Checkpoint, BadKeys,
    testing::Values(
        BadKey{"TextForNumber", R"("hidden_size": "32")", "hidden_size", R"(hidden_size must be a whole number but is the text "32")"},
        BadKey{"FloatForInteger", R"("hidden_size": 32.5)", "hidden_size", "hidden_size must be a whole number but is 32.5"},
        BadKey{"TruthForInteger", R"("hidden_size": true)", "hidden_size", "hidden_size must be a whole number but is true"},
        BadKey{"ListForInteger", R"("hidden_size": [32])", "hidden_size", "hidden_size must be a whole number but is a list"},
        BadKey{"NullForInteger", R"("hidden_size": null)", "hidden_size", "hidden_size must be a whole number but is null"},
        BadKey{"HugeInteger", R"("hidden_size": 18446744073709551615)", "hidden_size", "hidden_size is too large"},
        BadKey{"HugeFloat", R"("hidden_size": 1e300)", "hidden_size", "hidden_size is too large"},
        BadKey{"NumberForTruth", R"("tie_word_embeddings": 1)", "tie_word_embeddings", "tie_word_embeddings must be true or false"},
        BadKey{"TextForFloat", R"("rms_norm_eps": "1e-5")", "rms_norm_eps", "rms_norm_eps must be a number"},
        BadKey{"NumberForText", R"("model_type": 7)", "model_type", "model_type must be text"},
        BadKey{"TokenIsText", R"("eos_token_id": "0")", "eos_token_id", "eos_token_id must be a whole number"},
        BadKey{"TokensHoldText", R"("eos_token_id": [0, "1"])", "eos_token_id", "eos_token_id must be a whole number"},
        BadKey{"NoWidth", "", "hidden_size", "The key hidden_size is missing"},
        BadKey{"NoLayers", "", "num_hidden_layers", "The key num_hidden_layers is missing"},
        BadKey{"NoHeads", "", "num_attention_heads", "The key num_attention_heads is missing"},
        BadKey{"NoFfn", "", "intermediate_size", "The key intermediate_size is missing"},
        BadKey{"NoVocabulary", "", "vocab_size", "The key vocab_size is missing"},
        BadKey{"NoFamily", R"("other": 1)", "model_type", "The key model_type is missing"},
        BadKey{"UnknownFamily", R"("model_type": "mamba")", "model_type", R"(The model family "mamba" is not supported)"},
        BadKey{"UnknownFamilyListsKnown", R"("model_type": "mamba")", "model_type",
               "llama, deepseek_v2, deepseek_v3, gpt2, gpt_neo, gpt_neox, latentloom"},
        BadKey{"ZeroHeads", R"("num_attention_heads": 0)", "num_attention_heads", "num_attention_heads is 0"},
        BadKey{"ZeroHeadsV3", R"("num_attention_heads": 0)", "num_attention_heads", "num_attention_heads is 0", kV3},
        BadKey{"BillionLayers", R"("num_hidden_layers": 1000000000)", "num_hidden_layers", "num_hidden_layers is 1000000000"},
        BadKey{"BillionLayersV3", R"("num_hidden_layers": 1000000000)", "num_hidden_layers", "num_hidden_layers is 1000000000", kV3},
        BadKey{"ManyLayers", R"("num_hidden_layers": 10000)", "num_hidden_layers", "but the weights hold only"},
        BadKey{"OneLayerTooMany", R"("num_hidden_layers": 3)", "num_hidden_layers",
               R"("model.layers.2.input_layernorm.weight" of shape [32] is missing)"},
        BadKey{"OneLayerTooFew", R"("num_hidden_layers": 1)", "num_hidden_layers", "have a layer 1 but num_hidden_layers is 1"},
        BadKey{"HeadsDoNotDivide", R"("num_attention_heads": 5)", "num_attention_heads", "no multiple of num_attention_heads"},
        BadKey{"OtherHeads", R"("num_key_value_heads": 4)", "num_key_value_heads",
               "has the shape [16, 32] but the configuration needs [32, 32]"},
        BadKey{"OtherVocabulary", R"("vocab_size": 259)", "vocab_size", "has the shape [258, 32] but the configuration needs [259, 32]"},
        BadKey{"OtherActivation", R"("hidden_act": "gelu")", "hidden_act", R"("gelu" is not supported)"},
        BadKey{"LongRope", R"("rope_scaling": {"type": "longrope", "factor": 40})", "rope_scaling", R"("longrope" is not supported)"},
        BadKey{"ParametersWithoutFactor", R"("rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5})", "rope_parameters",
               "lacks the key factor"},
        BadKey{"ScalingWithoutType", R"("rope_scaling": {"factor": 40})", "rope_scaling", "rope_scaling has no rope_type"},
        BadKey{"ScalingIsText", R"("rope_scaling": "yarn")", "rope_scaling", "rope_scaling must be an object"},
        BadKey{"ThetaOfText", R"("rope_parameters": {"rope_theta": "1"})", "rope_parameters",
               "rope_parameters.rope_theta must be a number"},
        BadKey{"PartialRotation", R"("partial_rotary_factor": 1.5)", "partial_rotary_factor", "partial_rotary_factor must be more than 0"},
        BadKey{"NegativeTheta", R"("rope_theta": -10000.0)", "rope_theta", "rope_theta"},
        BadKey{"BiasMissing", R"("attention_bias": true)", "attention_bias", R"(self_attn.q_proj.bias" of shape [32] is missing)"},
        BadKey{"KeyTwice", R"("model_type": "llama", "model_type": "llama")", "model_type", "stands twice"},
        BadKey{"ExpertsByDefault", "", "first_k_dense_replace", "num_hidden_layers is 4 with 256 experts", kV3, 4},
        BadKey{"Experts", R"("first_k_dense_replace": 1)", "first_k_dense_replace", "num_hidden_layers is 2 with 256 experts", kV3},
        BadKey{"QueryRankByDefault", "", "q_lora_rank", R"(config.json must say "q_lora_rank": null)", kV3},
        BadKey{"QueryRankZero", R"("q_lora_rank": 0)", "q_lora_rank", "q_lora_rank is 0", kV3},
        BadKey{"LatentByDefault", "", "kv_lora_rank", "but the configuration needs [516, 32]", kV3},
        BadKey{"OddRotary", R"("qk_rope_head_dim": 5)", "qk_rope_head_dim", "qk_rope_head_dim is 5", kV3}),
    [](const testing::TestParamInfo<BadKey>& test) { return test.param.name; });

TEST(ConfigFile, ThatIsNoObjectIsAnError) {
    const TempFolder folder;
    test::writeTinyCheckpoint(folder.path());
    const auto message = [&](const std::string& text) {
        writeFile(folder / "config.json", text);
        return errorOf([&] { static_cast<void>(readCheckpoint(folder.path())); }).message();
    };
    EXPECT_THAT(message("[]"), HasSubstr("must hold a JSON object but holds a list"));
    EXPECT_THAT(message("\"llama\""), HasSubstr("must hold a JSON object"));
    EXPECT_THAT(message("{}"), HasSubstr("model_type is missing"));
    EXPECT_THAT(message(""), HasSubstr("not valid JSON"));
    EXPECT_THAT(message("{\"a\": 1e999}"), HasSubstr("not valid JSON"));
    EXPECT_THAT(message("{\"a\": NaN}"), HasSubstr("not valid JSON"));
    EXPECT_THAT(message("{\"a\": \"\xFF\"}"), HasSubstr("not valid JSON"));
    EXPECT_THAT(message(std::string("{}\0", 3)), HasSubstr("zero byte"));
    EXPECT_THAT(message(std::string(100'000, '[')), HasSubstr("levels deep"));
    std::string nested;
    for (int i = 0; i < 100'000; ++i) nested += "{\"a\":";
    EXPECT_THAT(message(nested), HasSubstr("levels deep"));
    std::string many = "{\"a\": [0";
    for (int i = 0; i < 100'000; ++i) many += ",0";
    EXPECT_THAT(message(many + "]}"), HasSubstr("more than 65536 values"));
    EXPECT_THAT(message(std::string(5 << 20, ' ')), HasSubstr("too large"));
    EXPECT_THAT(message("{\"model_type\": \"" + std::string(100'000, 'x') + "\"}"), HasSubstr("xxx…"));
}

}  // namespace
}  // namespace loom
