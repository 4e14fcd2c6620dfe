// SPDX-License-Identifier: GPL-3.0-or-later
// config.json and the tensors of every family key by key, on the golden checkpoints: what is read, what is refused, and how it is said.
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/safetensors.h"
#include "core/engine/checkpoint/tensor_layout.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/expect_error.h"

namespace loom {
namespace {

using nlohmann::json;
using test::copyGolden;
using test::errorOf;
using test::goldenModel;
using test::kAbsent;
using test::setKey;
using test::TempFolder;
using testing::HasSubstr;

ModelConfig configOf(const std::string& golden) { return readCheckpoint(goldenModel(golden)).config; }

/// The configuration after one key has been changed; weights must still fit.
ModelConfig changed(const std::string& golden, const std::string& key, const json& value) {
    const TempFolder folder;
    copyGolden(golden, folder.path());
    setKey(folder.path(), key, value);
    return readCheckpoint(folder.path()).config;
}

std::string messageOf(const std::string& golden, const std::string& key, const json& value) {
    const TempFolder folder;
    copyGolden(golden, folder.path());
    setKey(folder.path(), key, value);
    const Error error = errorOf([&] { (void)readCheckpoint(folder.path()); });
    EXPECT_THAT(error.where, HasSubstr(folder.path().string()));
    EXPECT_EQ(error.message().find('\n'), std::string::npos);
    return error.message();
}

std::vector<std::byte> elements(const TensorView& view) {
    std::size_t count = static_cast<std::size_t>(bytesPerElement(view.dtype));
    for (const std::int64_t size : view.shape) count *= static_cast<std::size_t>(size);
    std::vector<std::byte> out(count);
    copyElements(view, out);
    return out;
}

float at(const std::vector<std::byte>& bytes, std::int64_t index) {
    float value = 0;
    std::memcpy(&value, bytes.data() + static_cast<std::size_t>(index) * sizeof value, sizeof value);
    return value;
}

TEST(Gpt2, isReadWithItsDefaults) {
    const ModelConfig c = configOf("gpt2");
    EXPECT_EQ(c.family, Family::Gpt2);
    EXPECT_EQ(c.ffnWidth, 4 * c.dModel) << "n_inner null";
    EXPECT_EQ(c.mlp, MlpKind::GeluTanh);
    EXPECT_EQ(c.norm, NormKind::Layer);
    EXPECT_EQ(c.positions, Positions::Learned);
    EXPECT_TRUE(c.tieEmbeddings);
    EXPECT_TRUE(c.attention.bias);
    EXPECT_EQ(c.normEps, 1e-5);
    const ModelConfig other = configOf("gpt2-options");
    EXPECT_TRUE(other.attention.scaledByLayer);
    EXPECT_EQ(other.mlp, MlpKind::Gelu);
    EXPECT_FALSE(other.tieEmbeddings);
    EXPECT_EQ(other.ffnWidth, 24);
    EXPECT_FALSE(configOf("gpt2-no-scale").attention.scaled);
    EXPECT_TRUE(changed("gpt2", "scale_attn_weights", kAbsent).attention.scaled);
}

TEST(Gpt2, matricesAreTurnedAndTakenApart) {
    const Checkpoint checkpoint = readCheckpoint(goldenModel("gpt2"));
    const SafetensorsFile file = readSafetensors(goldenModel("gpt2") / "model.safetensors");
    const std::int64_t D = checkpoint.config.dModel;
    const auto stored = elements(file.tensors.at("transformer.h.1.attn.c_attn.weight"));  // [D, 3D]
    const auto key = elements(checkpoint.tensors.at("model.layers.1.self_attn.k_proj.weight"));
    const auto bias = elements(checkpoint.tensors.at("model.layers.1.self_attn.v_proj.bias"));
    const auto storedBias = elements(file.tensors.at("transformer.h.1.attn.c_attn.bias"));
    for (std::int64_t out = 0; out < D; ++out) {
        EXPECT_EQ(at(bias, out), at(storedBias, 2 * D + out));
        for (std::int64_t in = 0; in < D; ++in) EXPECT_EQ(at(key, out * D + in), at(stored, in * 3 * D + D + out));
    }
}

TEST(GptNeoX, headsAreTakenFromBetweenEachOther) {
    const Checkpoint checkpoint = readCheckpoint(goldenModel("neox"));
    const SafetensorsFile file = readSafetensors(goldenModel("neox") / "model.safetensors");
    const std::int64_t D = checkpoint.config.dModel;
    const std::int64_t d = checkpoint.config.attention.headDim;
    const auto stored = elements(file.tensors.at("gpt_neox.layers.0.attention.query_key_value.weight"));  // [H·3·d, D]
    const auto value = elements(checkpoint.tensors.at("model.layers.0.self_attn.v_proj.weight"));
    for (std::int64_t h = 0; h < checkpoint.config.attention.heads; ++h) {
        for (std::int64_t i = 0; i < d; ++i) EXPECT_EQ(at(value, (h * d + i) * D + 3), at(stored, (h * 3 * d + 2 * d + i) * D + 3));
    }
}

TEST(GptNeo, windowsFollowTheAttentionTypes) {
    EXPECT_EQ(configOf("gpt-neo").attention.windows, (std::vector<std::int64_t>{0, 5}));
    EXPECT_EQ(configOf("gpt-neo-three-layers").attention.windows, (std::vector<std::int64_t>{3, 3, 0}));
    EXPECT_TRUE(changed("gpt-neo", "attention_types", json::parse(R"([[["global"], 2]])")).attention.windows.empty());
    EXPECT_EQ(changed("gpt-neo", "window_size", kAbsent).attention.windows[1], 256);
    const ModelConfig c = configOf("gpt-neo");
    EXPECT_FALSE(c.attention.scaled);
    EXPECT_FALSE(c.attention.bias);
    EXPECT_TRUE(c.attention.outputBias);
}

TEST(GptNeoX, rotatesAPartOfEachHead) {
    const ModelConfig c = configOf("neox");
    EXPECT_EQ(c.attention.rotaryDim, 4);
    EXPECT_TRUE(c.parallelResidual);
    EXPECT_EQ(configOf("neox-sequential").attention.ropeTheta, 500.0);
    EXPECT_FALSE(configOf("neox-sequential").parallelResidual);
    EXPECT_FALSE(configOf("neox-no-bias").attention.bias);
    EXPECT_EQ(configOf("neox-no-bias").attention.rotaryWidth(), 16);
    EXPECT_EQ(changed("neox", "rotary_pct", 0.25).attention.rotaryDim, 2);
    EXPECT_EQ(changed("neox", "rotary_pct", kAbsent).attention.rotaryDim, 4) << "partial_rotary_factor, its other name";
}

TEST(Deepseek, expertsAreRead) {
    const MoeConfig v3 = configOf("deepseek-v3-experts").moe;
    EXPECT_EQ(v3, (MoeConfig{8, 1, 3, 6, 2, 4, 2, 1.7, true, ExpertScoring::Sigmoid}));
    EXPECT_EQ(configOf("deepseek-v2-groups-yarn").moe, (MoeConfig{8, 1, 3, 6, 2, 4, 2, 1.7, false, ExpertScoring::Softmax}));
    EXPECT_EQ(configOf("deepseek-v2-greedy").moe.groups, 1);
    EXPECT_EQ(configOf("deepseek-query-rank").moe, MoeConfig{}) << "dense";
    EXPECT_EQ(configOf("deepseek-v2-greedy").attention.ropeLayout, RopeLayout::Interleaved);
}

TEST(Deepseek, headDimMeansNothing) { EXPECT_EQ(changed("deepseek-v3-experts", "head_dim", 999), configOf("deepseek-v3-experts")); }

TEST(Deepseek, layersBehindTheLastAreLeftOut) {
    const TempFolder folder;
    copyGolden("deepseek-v2-greedy", folder.path());
    const SafetensorsFile file = readSafetensors(folder / "model.safetensors");
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, view] : file.tensors) tensors.push_back({name, view.dtype, view.shape, view.data});
    const std::vector<std::byte> one(4);
    tensors.push_back({"model.layers.2.eh_proj.weight", DType::F32, {1}, one});
    writeSafetensors(folder / "with.safetensors", tensors);
    EXPECT_EQ(readCheckpoint(folder / "with.safetensors").tensors.size(), readCheckpoint(goldenModel("deepseek-v2-greedy")).tensors.size());
}

TEST(Buffers, ofOldExportersAreLeftOut) {
    for (const auto& [golden, names] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"gpt2", {"transformer.h.0.attn.bias", "h.1.attn.masked_bias"}},
             {"gpt-neo", {"transformer.h.0.attn.attention.bias", "transformer.h.1.attn.attention.masked_bias"}},
             {"neox", {"gpt_neox.layers.0.attention.bias", "gpt_neox.layers.0.attention.rotary_emb.inv_freq"}}}) {
        const TempFolder folder;
        copyGolden(golden, folder.path());
        const SafetensorsFile file = readSafetensors(folder / "model.safetensors");
        std::vector<TensorToWrite> tensors;
        for (const auto& [name, view] : file.tensors) tensors.push_back({name, view.dtype, view.shape, view.data});
        const std::vector<std::byte> one(1);
        for (const std::string& name : names) tensors.push_back({name, DType::U8, {1}, one});
        writeSafetensors(folder / "with.safetensors", tensors);
        EXPECT_EQ(readCheckpoint(folder / "with.safetensors").config, configOf(golden)) << golden;
        tensors.push_back(
            {golden == "neox" ? "gpt_neox.layers.0.attention.extra.weight" : "transformer.h.0.attn.extra.weight", DType::U8, {1}, one});
        writeSafetensors(folder / "with.safetensors", tensors);
        EXPECT_THAT(errorOf([&] { (void)readCheckpoint(folder / "with.safetensors"); }).message(), HasSubstr("does not ask for")) << golden;
    }
}

TEST(RopeKeys, newerSpellingIsPreferred) {
    const ModelConfig c = changed("llama-linear", "rope_parameters", {{"rope_type", "linear"}, {"factor", 5.0}, {"rope_theta", 7.0}});
    EXPECT_EQ(c.attention.ropeScaling.factor, 5.0);
    EXPECT_EQ(c.attention.ropeTheta, 7.0);
    const ModelConfig old = configOf("llama-linear");
    EXPECT_EQ(old.attention.ropeScaling.factor, 3.0);
    EXPECT_EQ(old.attention.ropeTheta, 100.0);
    EXPECT_EQ(changed("llama-linear", "rope_scaling", nullptr).attention.ropeScaling, RopeScaling{});
    EXPECT_EQ(changed("deepseek-v3-experts", "rope_scaling", {{"rope_type", "default"}}).attention.ropeScaling, RopeScaling{});
}

TEST(RopeKeys, defaultsAreFilledIn) {
    const ModelConfig c = changed("llama-yarn", "rope_scaling", {{"type", "yarn"}, {"factor", 4.0}, {"beta_fast", nullptr}});
    EXPECT_EQ(c.attention.ropeScaling.originalContext, 64) << "max_position_embeddings";
    EXPECT_EQ(c.attention.ropeScaling.betaFast, 32.0);
    EXPECT_EQ(c.attention.ropeScaling.betaSlow, 1.0);
    EXPECT_TRUE(c.attention.ropeScaling.truncate);
    EXPECT_FALSE(c.attention.ropeScaling.attentionFactor);
    const ModelConfig dynamic = configOf("llama-dynamic");
    EXPECT_EQ(dynamic.context, 24) << "twice what the network was trained for";
    EXPECT_EQ(dynamic.attention.ropeScaling.originalContext, 12);
    EXPECT_EQ(changed("llama-linear", "partial_rotary_factor", 0.5).attention.rotaryDim, 8);
}

struct Refusal {
    const char* name;
    const char* golden;
    const char* key;
    json value;
    const char* message;
};

class Refusals : public testing::TestWithParam<Refusal> {};

TEST_P(Refusals, areOneClearSentence) {
    EXPECT_THAT(messageOf(GetParam().golden, GetParam().key, GetParam().value), HasSubstr(GetParam().message));
}

json scaled(const char* text) { return json::parse(text); }

INSTANTIATE_TEST_SUITE_P(
    All, Refusals,
    testing::Values(
        Refusal{"longrope", "llama-linear", "rope_scaling", scaled(R"({"rope_type": "longrope", "factor": 2})"),
                R"("longrope" is not supported)"},
        Refusal{"unknownScaling", "llama-linear", "rope_scaling", scaled(R"({"type": "su", "factor": 2})"), R"("su" is not supported)"},
        Refusal{"noFactor", "llama-linear", "rope_scaling", scaled(R"({"type": "linear"})"), "lacks the key factor"},
        Refusal{"textFactor", "llama-linear", "rope_scaling", scaled(R"({"type": "linear", "factor": "2"})"),
                "rope_scaling.factor must be a number"},
        Refusal{"zeroFactor", "llama-linear", "rope_scaling", scaled(R"({"type": "linear", "factor": 0})"), "factor is 0"},
        Refusal{"hugeDynamic", "llama-dynamic", "rope_scaling", scaled(R"({"type": "dynamic", "factor": 1e300})"), "factor is"},
        Refusal{"smallDynamic", "llama-dynamic", "rope_scaling", scaled(R"({"type": "dynamic", "factor": 0.5})"), "less than 1"},
        Refusal{"llama3WithoutOriginal", "llama-llama3", "rope_scaling", scaled(R"({"type": "llama3", "factor": 8})"),
                "original_max_position_embeddings"},
        Refusal{
            "llama3Order", "llama-llama3", "rope_scaling",
            scaled(
                R"({"type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1, "original_max_position_embeddings": 8})"),
            "high_freq_factor must be more"},
        Refusal{"yarnOriginalZero", "llama-yarn", "rope_scaling",
                scaled(R"({"type": "yarn", "factor": 8, "original_max_position_embeddings": 0})"), "original_max_position_embeddings is 0"},
        Refusal{"yarnBetas", "llama-yarn", "rope_scaling", scaled(R"({"type": "yarn", "factor": 8, "beta_fast": 0.5})"),
                "beta_fast is less"},
        Refusal{"yarnMscale", "llama-yarn", "rope_scaling", scaled(R"({"type": "yarn", "factor": 8, "mscale": -1})"), "mscale and"},
        Refusal{"partialRotationTooLarge", "llama-linear", "partial_rotary_factor", 1.5, "more than 0 and at most 1"},
        Refusal{"partialRotationOfNothing", "llama-linear", "partial_rotary_factor", 0.01, "leaves nothing to rotate"},
        Refusal{"partialRotationOfALatent", "deepseek-v3-experts", "partial_rotary_factor", 0.5, "qk_rope_head_dim says"},
        Refusal{"expertsEverySecondLayer", "deepseek-v3-experts", "moe_layer_freq", 2, "moe_layer_freq"},
        Refusal{"normalisedV2", "deepseek-v2-greedy", "norm_topk_prob", true, "norm_topk_prob must be false"},
        Refusal{"otherScoring", "deepseek-v3-experts", "scoring_func", "softmax", R"(scoring_func is "softmax")"},
        Refusal{"otherMethod", "deepseek-v2-greedy", "topk_method", "random", R"(topk_method is "random")"},
        Refusal{"otherMethodV3", "deepseek-v3-experts", "topk_method", "greedy", R"(topk_method is "greedy")"},
        Refusal{"manyExperts", "deepseek-v3-experts", "n_routed_experts", 60'000, "but the weights hold only"},
        Refusal{"billionExperts", "deepseek-v3-experts", "n_routed_experts", 1'000'000'000, "n_routed_experts is"},
        Refusal{"otherExperts", "deepseek-v3-experts", "n_routed_experts", 12, "has the shape"},
        Refusal{"groupsDoNotDivide", "deepseek-v3-experts", "n_group", 3, "must divide n_routed_experts"},
        Refusal{"tooManyGroups", "deepseek-v3-experts", "topk_group", 5, "topk_group is 5"},
        Refusal{"groupsTooSmall", "deepseek-v3-experts", "num_experts_per_tok", 5, "hold only 4 experts"},
        Refusal{"noneOfTheExperts", "deepseek-v3-experts", "num_experts_per_tok", 0, "num_experts_per_tok is 0"},
        Refusal{"perTokenMissing", "deepseek-v2-greedy", "num_experts_per_tok", kAbsent, "num_experts_per_tok is missing"},
        Refusal{"denseByDefault", "deepseek-v3-experts", "first_k_dense_replace", kAbsent, "mlp.gate_proj.weight"},
        Refusal{"otherExpertWidth", "deepseek-v3-experts", "moe_intermediate_size", 7, "needs [7, 16]"},
        Refusal{"noWidthGpt2", "gpt2", "n_embd", kAbsent, "n_embd is missing"},
        Refusal{"hugeGpt2", "gpt2", "n_layer", 1'000'000'000, "n_layer is 1000000000"},
        Refusal{"headsDoNotDivideGpt2", "gpt2", "n_head", 3, "n_embd (16) is no multiple of n_head (3)"},
        Refusal{"zeroHeadsGpt2", "gpt2", "n_head", 0, "n_head is 0"},
        Refusal{"otherContextGpt2", "gpt2", "n_positions", 40, "[32, 16] but the configuration needs [40, 16]"},
        Refusal{"activationGpt2", "gpt2", "activation_function", "relu", R"("relu" is not supported)"},
        Refusal{"crossAttention", "gpt2", "add_cross_attention", true, "add_cross_attention"},
        Refusal{"wider", "gpt2", "n_embd", 18, "c_attn"},
        Refusal{"fewerLayersGpt2", "gpt2", "n_layer", 1, "have a layer 1 but n_layer is 1"},
        Refusal{"epsGpt2", "gpt2", "layer_norm_epsilon", 0.0, "layer_norm_epsilon is 0"},
        Refusal{"typesMissing", "gpt-neo", "attention_types", kAbsent, "attention_types is missing"},
        Refusal{"typesAreText", "gpt-neo", "attention_types", "global", "attention_types must be a list"},
        Refusal{"typesUnknown", "gpt-neo", "attention_types", scaled(R"([[["global", "sparse"], 1]])"), "attention_types must be a list"},
        Refusal{"typesEndless", "gpt-neo", "attention_types", scaled(R"([[["global"], 4000000000]])"), "attention_types must be a list"},
        Refusal{"typesTooFew", "gpt-neo", "attention_types", scaled(R"([[["global"], 1]])"), "names 1 layers but num_layers is 2"},
        Refusal{"noWindow", "gpt-neo", "window_size", 0, "window_size is 0"},
        Refusal{"oddRotation", "neox", "rotary_pct", 0.4, "is 3; rotary positions need an even width"},
        Refusal{"negativeRotation", "neox", "rotary_pct", -1.0, "rotary_pct must be"},
        Refusal{"otherShapeNeoX", "neox", "hidden_size", 18, "query_key_value"},
        Refusal{"missingBiases", "neox-no-bias", "attention_bias", true, "self_attn.q_proj.bias"},
        Refusal{"surplusBiases", "neox", "attention_bias", false, "does not ask for"}),
    [](const testing::TestParamInfo<Refusal>& each) { return each.param.name; });

TEST(Layout, reachingOutsideItsDataIsRefused) {
    const std::vector<std::byte> data(24);
    TensorView view{DType::F32, {2, 3}, data, {{2, 1}, {3, 2}}};
    EXPECT_TRUE(layoutFits(view));
    view.layout = {{2, 1}, {3, 3}};
    EXPECT_FALSE(layoutFits(view)) << "the last element would be the eighth of six";
    view.layout = {{2, 1}, {2, 2}};
    EXPECT_FALSE(layoutFits(view)) << "four elements where the shape has six";
    view.layout = {{std::int64_t{1} << 62, 1}, {4, 1}};
    EXPECT_FALSE(layoutFits(view));
    std::vector<std::byte> out(24);
    EXPECT_FALSE(errorOf([&] { copyElements(view, out); }).what.empty());
}

}  // namespace
}  // namespace loom
