// SPDX-License-Identifier: GPL-3.0-or-later
// What a run is asked to do and what it is given: configuration files, learning rates, tokens, batches, first weights.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <set>
#include <span>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/train/batches.h"
#include "core/engine/train/initial_weights.h"
#include "core/engine/train/token_file.h"
#include "core/engine/train/train_config.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

const std::string kLlama = R"("model_type":"llama","hidden_size":16,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":24,)"
                           R"("max_position_embeddings":32,"tie_word_embeddings":true)";
const std::string kPaper = R"("model_type":"latentloom","hidden_size":16,"num_hidden_layers":2,"num_attention_heads":4,"head_dim":4,)"
                           R"("intermediate_size":24,"max_position_embeddings":32,"latent":"per_head","k_rank":2,"v_rank":2)";

TrainConfig parsed(const std::string& model, const std::string& rest = "", std::int64_t vocab = 300) {
    return parseTrainConfig("{\"model\":{" + model + "}" + rest + "}", "config", vocab);
}

TEST(TrainConfig, readsEverySetting) {
    const TrainConfig c =
        parsed(kLlama, R"(,"name":"Small","twin":"../other","description":"d","data":{"name":"n","licence":"l","source":"s"},)"
                       R"("training":{"context":16,"batch":3,"accumulation":2,"steps":50,"learning_rate":0.01,)"
                       R"("min_learning_rate":0.002,"warmup":5,"beta1":0.8,"beta2":0.9,"eps":1e-6,"weight_decay":0.2,"clip":2,)"
                       R"("dropout":0.1,"precision":"bf16","storage":"bf16","evaluate_every":7,"validation_rows":9,)"
                       R"("checkpoint_every":11,"schedule":"linear","patience":4,"sample_tokens":0,"seed":12})");
    EXPECT_EQ(c.model.vocab, 300);
    EXPECT_EQ(c.name + c.twin + c.description + c.data.name + c.data.licence + c.data.source, "Small../otherdnls");
    const TrainSettings& s = c.training;
    EXPECT_EQ(s.tokensPerStep(), 16 * 3 * 2);
    EXPECT_EQ(s.steps, 50);
    EXPECT_EQ(s.learningRate, 0.01);
    EXPECT_EQ(s.minLearningRate, 0.002);
    EXPECT_EQ(s.warmup, 5);
    EXPECT_EQ(s.adamW, (AdamWSettings{0.8, 0.9, 1e-6, 0.2}));
    EXPECT_EQ(s.clip, 2.0);
    EXPECT_EQ(s.dropout, 0.1);
    EXPECT_EQ(s.precision, DType::BF16);
    EXPECT_EQ(s.storage, DType::BF16);
    EXPECT_EQ(s.evaluateEvery, 7);
    EXPECT_EQ(s.validationRows, 9);
    EXPECT_EQ(s.checkpointEvery, 11);
    EXPECT_EQ(s.schedule, Schedule::Linear);
    EXPECT_EQ(s.patience, 4);
    EXPECT_EQ(s.sampleTokens, 0);
    EXPECT_EQ(s.seed, 12U);
    // What the run keeps of it says the same.
    const TrainConfig again = parseTrainConfig(c.text, "again", 0);
    EXPECT_EQ(again.model.vocab, 300);
    EXPECT_EQ(again.training.learningRate, 0.01);
}

TEST(TrainConfig, defaultsFollowTheNetwork) {
    const TrainConfig c = parsed(kPaper, R"(,"training":{"steps":40})");
    EXPECT_EQ(c.training.context, 32);
    EXPECT_EQ(c.training.warmup, 4);
    EXPECT_EQ(c.training.minLearningRate, c.training.learningRate / 10);
    EXPECT_EQ(c.model.attention.latent, Latent::PerHead);
}

TEST(TrainConfig, expertsAreKeptEvenUnlessTheFileSaysOtherwise) {
    const auto network = [](const std::string& family, const std::string& more) {
        return R"("model_type":")" + family +
               R"(","hidden_size":16,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":24,"q_lora_rank":null,"kv_lora_rank":8,)"
               R"("qk_nope_head_dim":4,"qk_rope_head_dim":4,"v_head_dim":4,"first_k_dense_replace":1,"n_routed_experts":6,)"
               R"("num_experts_per_tok":2,"moe_intermediate_size":8,"n_group":1,"topk_group":1)" +
               more;
    };
    const TrainConfig v3 = parsed(network("deepseek_v3", R"(,"n_shared_experts":1,"scoring_func":"sigmoid")"), "");
    EXPECT_EQ(v3.model.moe.experts, 6);
    EXPECT_EQ(v3.training.balancing, kBalanceSigmoid);
    const TrainConfig v2 = parsed(network("deepseek_v2", R"(,"n_shared_experts":1,"topk_method":"greedy")"), "");
    EXPECT_EQ(v2.training.balancing, kBalanceSoftmax);
    const TrainConfig none = parsed(network("deepseek_v3", ""), R"(,"training":{"balance_loss":0,"balance_speed":0})");
    EXPECT_EQ(none.training.balancing, ExpertBalancing{});
    EXPECT_EQ(parsed(kLlama, "").training.balancing, ExpertBalancing{}) << "nothing to balance";
}

struct BadConfig {
    const char* name;
    std::string model;
    std::string rest;
    const char* part;  ///< of the message
};
class BadTrainConfig : public testing::TestWithParam<BadConfig> {};

TEST_P(BadTrainConfig, isRefusedByName) {
    const Error error = test::errorOf([] { (void)parsed(GetParam().model, GetParam().rest); });
    EXPECT_NE(error.message().find(GetParam().part), std::string::npos) << error.message();
    EXPECT_NE(error.message().find("config"), std::string::npos) << error.message();
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTrainConfig,
    testing::Values(
        BadConfig{"UnknownTopKey", kLlama, R"(,"trainning":{})", "trainning"},
        BadConfig{"UnknownModelKey", kLlama + R"(,"hiden_size":3)", "", "hiden_size"},
        BadConfig{"KeyOfAnotherFamily", kLlama + R"(,"kv_lora_rank":3)", "", "kv_lora_rank"},
        BadConfig{"UnknownTrainingKey", kLlama, R"(,"training":{"lr":1})", "training.lr"},
        BadConfig{"UnknownDataKey", kLlama, R"(,"data":{"license":"x"})", "data.license"},
        BadConfig{"UnknownFamily", R"("model_type":"mamba")", "", "mamba"},
        BadConfig{"FamilyThatIsOnlyRead", R"("model_type":"gpt2","n_embd":16,"n_layer":1,"n_head":2)", "",
                  "Networks of the family gpt2 are not trained"},
        BadConfig{
            "Experts",
            R"("model_type":"deepseek_v3","hidden_size":16,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":24,)"
            R"("q_lora_rank":null,"kv_lora_rank":8,"qk_nope_head_dim":4,"qk_rope_head_dim":4,"v_head_dim":4,"first_k_dense_replace":1)",
            "", "model.n_routed_experts is missing"},
        BadConfig{"BalanceLoss", kLlama, R"(,"training":{"balance_loss":-1})", "training.balance_loss"},
        BadConfig{"BalanceSpeed", kLlama, R"(,"training":{"balance_speed":2})", "training.balance_speed"},
        BadConfig{"OtherVocabulary", kLlama + R"(,"vocab_size":17)", "", "vocab_size"},
        BadConfig{"HeadsThatDoNotDivide",
                  R"("model_type":"llama","hidden_size":10,"num_hidden_layers":1,"num_attention_heads":3,"intermediate_size":4)", "",
                  "num_attention_heads"},
        BadConfig{
            "RankLargerThanTheHead",
            R"("model_type":"latentloom","hidden_size":16,"num_hidden_layers":1,"num_attention_heads":4,"head_dim":4,"intermediate_size":4,)"
            R"("latent":"per_head","k_rank":5,"v_rank":2)",
            "", "k_rank is 5; it must be between 1 and 4"},
        BadConfig{"JointWithoutRotation", kPaper.substr(0, kPaper.find("\"latent\"")) + R"("latent":"joint","positions":"learned")", "",
                  "positions"},
        BadConfig{"UnknownLatent", kPaper.substr(0, kPaper.find("\"latent\"")) + R"("latent":"tiny")", "", "latent is \"tiny\""},
        BadConfig{"TwinElsewhere", kLlama, R"(,"twin":"/etc")", "twin"},
        BadConfig{"LongName", kLlama, ",\"name\":\"" + std::string(201, 'n') + "\"", "name is longer"},
        BadConfig{"ZeroSteps", kLlama, R"(,"training":{"steps":0})", "training.steps is 0"},
        BadConfig{"ContextOfTheNetworkExceeded", kLlama, R"(,"training":{"context":33})", "training.context is 33"},
        BadConfig{"NegativeRate", kLlama, R"(,"training":{"learning_rate":-1})", "training.learning_rate"},
        BadConfig{"MinAboveRate", kLlama, R"(,"training":{"learning_rate":1e-3,"min_learning_rate":1e-2})", "training.min_learning_rate"},
        BadConfig{"WarmupAboveSteps", kLlama, R"(,"training":{"steps":5,"warmup":6})", "training.warmup"},
        BadConfig{"HugeBatch", kLlama, R"(,"training":{"batch":1000000000000})", "training.batch"},
        BadConfig{"TooManyTokens", kLlama + R"(,"vocab_size":300)",
                  R"(,"training":{"batch":1000000,"context":32,"accumulation":1,"steps":1,"dropout":2})", "dropout"},
        BadConfig{"WrongType", kLlama, R"(,"training":{"steps":"many"})", "training.steps"},
        BadConfig{"UnknownSchedule", kLlama, R"(,"training":{"schedule":"step"})", "schedule is \"step\""},
        BadConfig{"UnknownPrecision", kLlama, R"(,"training":{"precision":"f16"})", "precision is \"f16\""}),
    [](const testing::TestParamInfo<BadConfig>& each) { return std::string(each.param.name); });

TEST(TrainConfig, noModelNoObjectNoFile) {
    EXPECT_NE(test::errorOf([] { (void)parseTrainConfig("{}", "c", 0); }).what.find("model"), std::string::npos);
    EXPECT_NE(test::errorOf([] { (void)parseTrainConfig("[]", "c", 0); }).message().find("c"), std::string::npos);
    EXPECT_NE(test::errorOf([] { (void)readTrainConfig("/nonexistent/c.json", 0); }).message().find("c.json"), std::string::npos);
    EXPECT_NE(test::errorOf([] { (void)parsed(kLlama, "", 0); }).what.find("vocab_size"), std::string::npos);
}

TEST(LearningRate, warmsUpAndFallsAlongACosine) {
    TrainSettings s;
    s.steps = 110;
    s.warmup = 10;
    s.learningRate = 1.0;
    s.minLearningRate = 0.2;
    EXPECT_DOUBLE_EQ(learningRateAt(s, 1), 0.1);
    EXPECT_DOUBLE_EQ(learningRateAt(s, 10), 1.0);
    EXPECT_DOUBLE_EQ(learningRateAt(s, 60), 0.6);
    EXPECT_DOUBLE_EQ(learningRateAt(s, 110), 0.2);
    s.warmup = 0;
    EXPECT_NEAR(learningRateAt(s, 1), 1.0, 1e-3);
    s.warmup = s.steps;
    EXPECT_DOUBLE_EQ(learningRateAt(s, 110), 1.0);
    s.warmup = 10;
    s.schedule = Schedule::Linear;
    EXPECT_DOUBLE_EQ(learningRateAt(s, 5), 0.5);
    EXPECT_DOUBLE_EQ(learningRateAt(s, 35), 0.8);
    EXPECT_DOUBLE_EQ(learningRateAt(s, 110), 0.2);
    s.schedule = Schedule::Constant;
    EXPECT_DOUBLE_EQ(learningRateAt(s, 5), 0.5);
    EXPECT_DOUBLE_EQ(learningRateAt(s, 110), 1.0);
}

std::vector<std::uint32_t> counting(std::int64_t n) {
    std::vector<std::uint32_t> ids;
    for (std::int64_t i = 0; i < n; ++i) ids.push_back(static_cast<std::uint32_t>(i));
    return ids;
}

TEST(Batches, onePassTakesEveryWindowOnce) {
    const auto ids = counting(1003);
    const BatchSource source(TokenRow{std::span(ids)}, 10, 3, 2, 42, "data");
    EXPECT_EQ(source.windows(), 99);
    for (const std::int64_t pass : {0, 1, 7}) {
        std::set<std::int64_t> starts;
        for (std::int64_t i = 0; i < 99; ++i) starts.insert(source.start(pass * 99 + i));
        EXPECT_EQ(starts.size(), 99U);
        EXPECT_GE(*starts.begin(), 0);
        EXPECT_LT(*starts.begin(), 10);
        EXPECT_EQ(*starts.rbegin() - *starts.begin(), 98 * 10);
        EXPECT_LE(*starts.rbegin() + 10, 1002);
    }
    EXPECT_NE(source.start(0), source.start(99));
}

TEST(Batches, areAFunctionOfSeedAndStep) {
    const auto ids = counting(2000);
    const auto inputs = [&](std::uint64_t seed, std::int64_t step) {
        std::vector<std::int64_t> all;
        for (const TokenBatch& b : BatchSource(TokenRow{std::span(ids)}, 16, 2, 3, seed, "data").step(step))
            all.insert(all.end(), b.inputs.begin(), b.inputs.end());
        return all;
    };
    EXPECT_EQ(inputs(1, 5), inputs(1, 5));
    EXPECT_NE(inputs(1, 5), inputs(1, 6));
    EXPECT_NE(inputs(1, 5), inputs(2, 5));
    const std::vector<TokenBatch> batches = BatchSource(TokenRow{std::span(ids)}, 16, 2, 3, 1, "data").step(1);
    ASSERT_EQ(batches.size(), 3U);
    EXPECT_EQ(batches[0].rows, 2);
    for (std::size_t i = 0; i < batches[0].inputs.size(); ++i) EXPECT_EQ(batches[0].targets[i], batches[0].inputs[i] + 1);
}

TEST(Batches, shortDataAndTooShortData) {
    const auto ids = counting(12);
    const BatchSource source(TokenRow{std::span(ids)}, 11, 2, 1, 1, "data");
    EXPECT_EQ(source.start(0), 0);
    EXPECT_EQ(source.start(5), 0);
    const Error error = test::errorOf([&] { (void)BatchSource(TokenRow{std::span(ids)}, 12, 1, 1, 1, "the data"); });
    EXPECT_EQ(error.where, "the data");
    EXPECT_NE(error.what.find("12 tokens"), std::string::npos) << error.what;
    const auto hundred = counting(100);
    EXPECT_EQ(validationBatches(TokenRow{std::span(hundred)}, 10, 64, 4, "v").size(), 3U);  // 9 rows in batches of 4
    EXPECT_EQ(validationBatches(TokenRow{std::span(hundred)}, 10, 5, 4, "v").back().rows, 1);
}

TEST(InitialWeights, areAFunctionOfTheSeed) {
    const ModelConfig config = parsed(kLlama).model;
    const Checkpoint a = initialCheckpoint(config, 1);
    const Checkpoint b = initialCheckpoint(config, 1);
    const Checkpoint c = initialCheckpoint(config, 2);
    const auto floats = [](const Checkpoint& checkpoint, const std::string& name) {
        const TensorView& view = checkpoint.tensors.at(name);
        std::vector<float> out(view.data.size() / sizeof(float));
        std::memcpy(out.data(), view.data.data(), view.data.size());
        return out;
    };
    const auto sigma = [](const std::vector<float>& values) {
        double sum = 0;
        for (const float v : values) sum += static_cast<double>(v) * static_cast<double>(v);
        return std::sqrt(sum / static_cast<double>(values.size()));
    };
    const std::string embedding = "model.embed_tokens.weight";
    EXPECT_EQ(floats(a, embedding), floats(b, embedding));
    EXPECT_NE(floats(a, embedding), floats(c, embedding));
    EXPECT_NEAR(sigma(floats(a, embedding)), 0.02, 1e-3);
    EXPECT_NEAR(sigma(floats(a, "model.layers.1.self_attn.q_proj.weight")), 0.02, 2e-3);
    EXPECT_NEAR(sigma(floats(a, "model.layers.1.mlp.down_proj.weight")), 0.01, 1e-3);  // 0.02/√(2·2)
    EXPECT_NE(floats(a, "model.layers.0.self_attn.q_proj.weight"), floats(a, "model.layers.1.self_attn.q_proj.weight"));
    EXPECT_EQ(floats(a, "model.norm.weight"), std::vector<float>(16, 1.0F));
}

TEST(WriteCheckpoint, everyFamilyReadsBackWhatWasWritten) {
    const std::string joint =
        R"("model_type":"deepseek_v3","hidden_size":16,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":24,)"
        R"("max_position_embeddings":32,"q_lora_rank":null,"kv_lora_rank":6,"qk_nope_head_dim":4,"qk_rope_head_dim":2,)"
        R"("v_head_dim":4,"first_k_dense_replace":2,"rope_theta":500.0,"tie_word_embeddings":true)";
    const std::string gpt =
        R"("model_type":"latentloom","hidden_size":16,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,)"
        R"("head_dim":4,"intermediate_size":24,"max_position_embeddings":32,"latent":"none","positions":"learned",)"
        R"("norm":"layer_norm","norm_eps":1e-6,"mlp":"gelu","mlp_bias":true,"attention_bias":true)";
    for (const std::string& model : {kLlama, kPaper, joint, gpt}) {
        for (const DType storage : {DType::F32, DType::BF16}) {
            test::TempFolder folder;
            ModelConfig config = parsed(model).model;
            config.eosTokens = {TokenId{0}};
            config.bosToken = TokenId{0};
            const Checkpoint begun = initialCheckpoint(config, 3);
            std::vector<TensorToWrite> tensors;
            for (const auto& [name, view] : begun.tensors) tensors.push_back({name, view.dtype, view.shape, view.data});
            writeWeights(folder.path(), tensors, storage);
            writeTextFile(folder / "config.json", configText(config, storage));
            const Checkpoint read = readCheckpoint(folder.path());
            const ModelConfig& c = read.config;
            EXPECT_EQ(configText(c, storage), configText(config, storage));
            EXPECT_EQ(c.storage, storage);
            EXPECT_EQ(c.norm, config.norm);
            EXPECT_EQ(c.mlp, config.mlp);
            EXPECT_EQ(c.positions, config.positions);
            EXPECT_EQ(countParameters(c).total, countParameters(config).total);
            std::int64_t elements = 0;
            for (const auto& [name, view] : read.tensors)
                elements += static_cast<std::int64_t>(view.data.size()) / bytesPerElement(view.dtype);
            EXPECT_EQ(elements, countParameters(config).total);
        }
    }
}

}  // namespace
}  // namespace loom
