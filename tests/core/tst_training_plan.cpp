// SPDX-License-Identifier: GPL-3.0-or-later
// What a run will take: memory against what the counted allocator sees in real steps, time against real time, presets, forms.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/data/attention_forms.h"
#include "core/data/presets.h"
#include "core/engine/api/lab.h"
#include "core/engine/train/initial_weights.h"
#include "core/engine/train/training_plan.h"
#include "tests/support/expect_error.h"

namespace loom {
namespace {

struct MemoryCase {
    std::string name, form;
    bool gpt = false;  ///< LayerNorm, gelu, biases
    std::int64_t width = 64, layers = 4, heads = 4, vocab = 600, context = 192, batch = 4;
    DType precision = DType::F32;
    double dropout = 0;
    bool tied = true;
    MoeConfig experts = {};
};

TrainConfig configOf(const MemoryCase& c) {
    TrainConfig config;
    ModelConfig& m = config.model;
    m.family = c.gpt ? Family::LatentLoom : Family::Llama;
    m.modelType = name(m.family);
    m.dModel = c.width;
    m.layers = c.layers;
    m.vocab = c.vocab;
    m.context = c.context;
    m.ffnWidth = c.gpt ? 4 * c.width : c.width * 8 / 3;
    m.tieEmbeddings = c.tied;
    if (c.gpt) m.norm = NormKind::Layer, m.mlp = MlpKind::Gelu, m.mlpBias = true;
    m.attention.heads = m.attention.kvHeads = c.heads;
    m.attention.headDim = c.width / c.heads;
    m = withForm(m, c.form);
    m.moe = c.experts;
    config.training.context = c.context;
    config.training.batch = c.batch;
    config.training.precision = c.precision;
    config.training.dropout = c.dropout;
    return config;
}

TokenBatch someBatch(const TrainConfig& config) {
    TokenBatch batch;
    batch.rows = config.training.batch;
    for (std::int64_t i = 0; i < batch.rows * config.training.context; ++i) {
        batch.inputs.push_back(i * 7919 % config.model.vocab);
        batch.targets.push_back((i + 1) * 7919 % config.model.vocab);
    }
    return batch;
}

class PlannedMemory : public testing::TestWithParam<MemoryCase> {};

TEST_P(PlannedMemory, isWithinATenthOfWhatIsMeasured) {
    const TrainConfig config = configOf(GetParam());
    const TrainingMemory planned = trainingMemory(config.model, config.training);
    MemoryAccount account;
    const TrainerOptions options{DeviceKind::Cpu, 1, config.training.precision, {}, 1.0, config.training.dropout, 1};
    const auto trainer = valueOrThrow(valueOrThrow(loadLab())->buildTrainable(initialCheckpoint(config.model, 1), options, account));
    const std::vector<TokenBatch> batches{someBatch(config)};
    for (std::int64_t step = 1; step <= 3; ++step) ASSERT_TRUE(valueOrThrow(trainer->step(batches, 1e-3, step, {})).applied);
    const auto weights = static_cast<double>(account.peak(MemoryKind::Weights));
    EXPECT_NEAR(static_cast<double>(planned.weights), weights, 0.02 * weights);
    EXPECT_EQ(planned.optimiser, account.peak(MemoryKind::Optimiser));
    EXPECT_EQ(planned.gradients, 4 * countParameters(config.model).total);
    const auto step = static_cast<double>(account.peak(MemoryKind::Activations));  // gradients included
    const auto expected = static_cast<double>(planned.gradients + planned.activations);
    EXPECT_NEAR(expected / step, 1.0, 0.1) << "planned " << expected << ", measured " << step;
}

const MoeConfig kManyExperts{30, 1, 6, 24, 2, 1, 1, 1.0, true, ExpertScoring::Sigmoid};
const MoeConfig kFewExperts{4, 0, 2, 96, 0, 1, 1, 1.0, false, ExpertScoring::Softmax};

const std::vector<MemoryCase> kCases{
    {"mha", "mha"},
    {"mhaHalf", "mha", false, 64, 4, 4, 600, 192, 4, DType::BF16},
    {"mhaLearnedGelu", "mha-learned", true},
    {"mhaLearnedGeluHalf", "mha-learned", true, 64, 4, 4, 600, 192, 4, DType::BF16},
    {"gqa", "gqa:g=2"},
    {"joint", "mla-deepseek:r=32:dr=8"},
    {"jointHalf", "mla-deepseek:r=32:dr=8", false, 64, 4, 4, 600, 192, 4, DType::BF16},
    {"jointQueryRank", "mla-deepseek:r=32:dr=8:q=48", false, 64, 4, 4, 600, 192, 4, DType::BF16},
    {"perHead", "mla-paper:r=8", true},
    {"perHeadHalf", "mla-paper:r=8", true, 64, 4, 4, 600, 192, 4, DType::BF16},
    {"perHeadLearned", "mla-paper-learned:r=4", true},
    {"shared", "mla-shared:r=16", true},
    {"sharedHalf", "mla-shared:r=16", true, 64, 4, 4, 600, 192, 4, DType::BF16},
    {"longText", "mha", false, 64, 3, 4, 300, 700, 2},
    {"shortRows", "mha", false, 64, 3, 4, 300, 24, 24},
    {"wideVocabulary", "mla-deepseek", false, 64, 2, 4, 12'000, 128, 2, DType::F32, 0, false},
    {"wideVocabularyHalf", "mla-deepseek", false, 64, 2, 4, 12'000, 128, 2, DType::BF16, 0, true},
    {"manyWeights", "mha", false, 256, 6, 4, 500, 32, 1},
    {"manyWeightsHalf", "mha", false, 256, 6, 4, 500, 32, 1, DType::BF16},
    {"realSize", "mha", false, 256, 6, 4, 4096, 512, 2},
    {"manyExperts", "mla-deepseek:r=32:dr=8", false, 64, 4, 4, 600, 192, 4, DType::F32, 0, true, kManyExperts},
    {"manyExpertsHalf", "mla-deepseek:r=32:dr=8", false, 64, 4, 4, 600, 192, 4, DType::BF16, 0, true, kManyExperts},
    {"fewExperts", "mha", false, 64, 4, 4, 600, 192, 4, DType::F32, 0, true, kFewExperts},
    {"fewExpertsHalf", "mha", false, 64, 4, 4, 600, 192, 4, DType::BF16, 0.1, true, kFewExperts},
    {"dropout", "mha", false, 64, 4, 4, 600, 192, 4, DType::F32, 0.1},
};
INSTANTIATE_TEST_SUITE_P(Forms, PlannedMemory, testing::ValuesIn(kCases), [](const auto& each) { return each.param.name; });

TEST(TrainingPlan, saysWhatFitsBeforeAnythingIsAllocated) {
    MemoryCase c{"huge", "mha"};
    c.batch = 1000;
    TrainConfig config = configOf(c);
    config.training.steps = 12'000;
    const TrainingPlan plan = planTraining(config, 0.5, std::int64_t{1} << 30);
    EXPECT_FALSE(plan.fits);
    EXPECT_EQ(plan.tokens(), std::int64_t{12'000} * 1000 * 192);
    EXPECT_NE(plan.sentence.find("but only 1.00 GiB are free"), std::string::npos) << plan.sentence;
    EXPECT_NE(plan.sentence.find("12,000 steps of 192,000 tokens, about 1 h 40 min."), std::string::npos) << plan.sentence;
    EXPECT_NE(test::errorOf([&] { requireFits(plan, "here"); }).hint.find("training.batch"), std::string::npos);
    config.training.batch = 1;
    const TrainingPlan small = planTraining(config, {}, std::int64_t{1} << 30);
    EXPECT_TRUE(small.fits);
    EXPECT_FALSE(small.seconds());
    requireFits(small, "here");
    config.model = presetNamed("deepseek-v3").config;
    EXPECT_NE(test::errorOf([&] { requireFits(planTraining(config, {}, std::int64_t{1} << 30), "here"); }).hint.find("smaller network"),
              std::string::npos);
}

TEST(TrainingPlan, timeIsWhatRealStepsTake) {
    MemoryCase c{"mha", "mha"};
    c.width = 128, c.batch = 8;
    TrainConfig config = configOf(c);
    config.training.accumulation = 2;
    const TrainingPlace place{DeviceKind::Cpu, 1};
    std::int64_t told = 0;
    const double whole =
        measureStep(config, place, 2.0, [&](std::int64_t done, std::int64_t total) { told = done == total ? total : told; }, {});
    EXPECT_GT(told, 0);
    const double extrapolated = measureStep(config, place, 1e-9, {}, {});
    EXPECT_GT(extrapolated, whole / 10) << "from 64 tokens, of 3,072";
    EXPECT_LT(extrapolated, whole * 10);
    MemoryAccount account;
    TrainerOptions one;
    one.threads = 1;
    const auto trainer = valueOrThrow(valueOrThrow(loadLab())->buildTrainable(initialCheckpoint(config.model, 1), one, account));
    const std::vector<TokenBatch> batches{someBatch(config), someBatch(config)};
    (void)valueOrThrow(trainer->step(batches, 0.0, 1, {}));
    const auto start = std::chrono::steady_clock::now();
    (void)valueOrThrow(trainer->step(batches, 0.0, 2, {}));
    const double real = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_GT(real, whole / 10) << "a busy machine may differ several times, not ten";
    EXPECT_LT(real, whole * 10);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(test::errorOf([&] { (void)measureStep(config, place, 1, {}, stop.get_token()); }).what, "Cancelled");
}

TEST(TrainPresets, everyOneIsAConfiguration) {
    std::size_t paper = 0;
    for (const TrainPreset& preset : trainPresets()) {
        if (preset.minutes > 0) continue;
        const PresetConfig made = presetConfig(preset.name, {}, {}, {});
        const TrainConfig config = parseTrainConfig(made.json, preset.name, made.vocabulary);
        EXPECT_EQ(config.preset, preset.name);
        EXPECT_FALSE(preset.title.empty());
        if (!preset.name.starts_with("paper-")) continue;
        ++paper;
        ModelConfig published = presetNamed(preset.name).config;
        published.vocab = config.model.vocab;
        EXPECT_EQ(countParameters(config.model).total, countParameters(published).total) << preset.name;
        EXPECT_EQ(config.model.attention, published.attention) << preset.name;
    }
    EXPECT_EQ(paper, 48U) << "three sizes, eight forms, with and without positions";
    const TrainConfig deepseek = parseTrainConfig(presetConfig("mla-deepseek-6l-r64", {}, {}, {}).json, "p", 4096);
    EXPECT_EQ(deepseek.model.attention.kvLoraRank, 64);
    EXPECT_EQ(deepseek.model.dModel, 256);
    const TrainConfig experts = parseTrainConfig(presetConfig("moe-mla-6l", {}, {}, {}).json, "p", 4096);
    EXPECT_EQ(experts.model.family, Family::DeepseekV3) << "what transformers opens";
    EXPECT_EQ(experts.model.expertLayers(), 5);
    EXPECT_EQ(experts.model.moe.experts + experts.model.moe.shared, 64);
    EXPECT_EQ(experts.training.balancing, kBalanceSigmoid);
    ModelConfig dense = experts.model;
    dense.moe = {};
    const ParameterCount all = countParameters(experts.model);
    EXPECT_NEAR(static_cast<double>(all.active) / static_cast<double>(countParameters(dense).total), 1.0, 0.03)
        << "as much work for a token";
    EXPECT_NE(test::errorOf([] { (void)presetConfig("paper-7l", {}, {}, {}); }).hint.find("paper-6l-mha"), std::string::npos);
}

TEST(TrainPresets, aTimeBecomesANetworkThatFitsIt) {
    const PresetConfig made = presetConfig("2-minutes", {DeviceKind::Cpu, 1}, {}, {});
    const TrainConfig config = parseTrainConfig(made.json, "preset", made.vocabulary);
    EXPECT_EQ(config.model.attention.latent, Latent::Joint);
    EXPECT_GE(config.training.steps, 20);
    EXPECT_EQ(config.preset, "2-minutes");
    const double seconds = measureStep(config, {DeviceKind::Cpu, 1}, 1.0, {}, {}) * static_cast<double>(config.training.steps);
    EXPECT_GT(seconds, 100 / 20.0) << "a busy machine may differ several times, not twenty";
    EXPECT_LT(seconds, 100 * 20.0);
}

TEST(AttentionForms, changeNothingElse) {
    const ModelConfig base = configOf({"mha", "mha"}).model;
    for (const AttentionForm& form : attentionForms()) {
        const ModelConfig changed = withForm(base, form.name);
        ModelConfig same = changed;
        same.attention = base.attention;
        same.positions = base.positions;
        EXPECT_EQ(same, base) << form.name;
        EXPECT_EQ(withForm(changed, "mha"), base) << form.name << " and back";
    }
    const ModelConfig joint = withForm(base, "mla-deepseek:r=20:dr=6:dn=10:q=30");
    EXPECT_EQ(joint.attention.kvLoraRank, 20);
    EXPECT_EQ(joint.attention.qkRopeHeadDim, 6);
    EXPECT_EQ(joint.attention.qkNopeHeadDim, 10);
    EXPECT_EQ(joint.attention.qLoraRank, 30);
    for (const char* bad : {"mla", "", "mha:r=3", "mla-deepseek:r", "mla-deepseek:r=x", "mla-deepseek:r=-1", "mla-deepseek:dr=3", "gqa:g=3",
                            "mla-paper:r=17", "mla-deepseek:r=2:r=3", "mla-deepseek:r=99999999999999999999"})
        EXPECT_FALSE(test::errorOf([&] { (void)withForm(base, bad); }).what.empty()) << bad;
    const std::string json = R"({"name":"N","model":{"model_type":"llama","hidden_size":32,"num_hidden_layers":2,"num_attention_heads":2,)"
                             R"("intermediate_size":48,"max_position_embeddings":48},"training":{"steps":7}})";
    for (const AttentionForm& form : attentionForms()) {
        const TrainConfig config = parseTrainConfig(configWithForm(json, form.name, "x"), "x", 300);
        EXPECT_EQ(config.model.attention, withForm(parseTrainConfig(json, "x", 300).model, form.name).attention) << form.name;
        EXPECT_EQ(config.training.steps, 7);
        EXPECT_EQ(config.model.vocab, 300);
    }
}

TEST(AttentionForms, matchedByWidth) {
    MemoryCase c{"mha", "mha"};
    c.width = 256, c.vocab = 4096, c.context = 512, c.layers = 6;
    const ModelConfig mha = configOf(c).model;
    for (const AttentionForm& form : attentionForms()) {
        for (const MatchBy by : {MatchBy::Parameters, MatchBy::Flops}) {
            const double goal = sizeOf(mha, by, 512);
            const ModelConfig matched = matchedByWidth(withForm(mha, form.name), by, goal, 512);
            EXPECT_NEAR(sizeOf(matched, by, 512) / goal, 1.0, 0.005) << form.name;
        }
    }
    EXPECT_EQ(matchedByWidth(mha, MatchBy::Parameters, sizeOf(mha, MatchBy::Parameters, 512), 512).ffnWidth % 8, 0);
    ModelConfig experts = mha;
    experts.moe = {8, 1, 2, 160, 1, 1, 1, 1.0, true, ExpertScoring::Sigmoid};
    const double sparse = sizeOf(experts, MatchBy::Parameters, 512);
    const ModelConfig twin = matchedByWidth(withForm(experts, "mla-deepseek"), MatchBy::Parameters, sparse, 512);
    EXPECT_EQ(twin.moe, experts.moe) << "the dense layer takes up the difference";
    EXPECT_NEAR(sizeOf(twin, MatchBy::Parameters, 512) / sparse, 1.0, 0.005);
    experts.moe.firstLayer = 0;
    const double wide = 1.5 * sizeOf(experts, MatchBy::Parameters, 512);
    EXPECT_NEAR(sizeOf(matchedByWidth(experts, MatchBy::Parameters, wide, 512), MatchBy::Parameters, 512) / wide, 1.0, 0.02);
    EXPECT_FALSE(test::errorOf([&] { (void)matchedByWidth(mha, MatchBy::Parameters, 1000.0, 512); }).what.empty());
    // Two operations per weight and per element of scores and values.
    ModelConfig one = configOf({"mha", "mha", false, 8, 1, 2, 10, 3}).model;
    one.ffnWidth = 5;
    EXPECT_EQ(forwardFlopsPerToken(one, 3), 2.0 * (4 * 64 + 3 * 8 * 5 + 3 * 8 + 10 * 8) + 2.0 * 2 * (4 + 4) * 2);
}

}  // namespace
}  // namespace loom
