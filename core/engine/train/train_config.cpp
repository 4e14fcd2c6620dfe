// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/train_config.h"

#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/model_card.h"
#include "core/engine/checkpoint/model_notes.h"
#include "core/engine/checkpoint/write_checkpoint.h"

namespace loom {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
constexpr std::int64_t kMost = 1'000'000'000;
constexpr double kLargestSeed = 9007199254740992.0;  // 2^53: what JSON keeps exactly

constexpr std::array<std::string_view, 7> kTopKeys{"model", "training", "name", "twin", "description", "data", "preset"};
constexpr std::array<std::string_view, 3> kDataKeys{"name", "licence", "source"};
constexpr std::array<std::string_view, 26> kTrainingKeys{"context",
                                                         "batch",
                                                         "accumulation",
                                                         "steps",
                                                         "learning_rate",
                                                         "min_learning_rate",
                                                         "warmup",
                                                         "beta1",
                                                         "beta2",
                                                         "eps",
                                                         "weight_decay",
                                                         "clip",
                                                         "dropout",
                                                         "balance_loss",
                                                         "balance_speed",
                                                         "precision",
                                                         "storage",
                                                         "evaluate_every",
                                                         "validation_rows",
                                                         "checkpoint_every",
                                                         "schedule",
                                                         "patience",
                                                         "sample_tokens",
                                                         "seed",
                                                         "ema",
                                                         "comment"};
constexpr std::array<std::string_view, 16> kCommonModelKeys{"model_type",
                                                            "rope_scaling",
                                                            "architectures",
                                                            "dtype",
                                                            "vocab_size",
                                                            "hidden_size",
                                                            "num_hidden_layers",
                                                            "num_attention_heads",
                                                            "num_key_value_heads",
                                                            "intermediate_size",
                                                            "max_position_embeddings",
                                                            "rope_theta",
                                                            "tie_word_embeddings",
                                                            "bos_token_id",
                                                            "eos_token_id",
                                                            "pad_token_id"};
constexpr std::array<std::string_view, 4> kLlamaKeys{"rms_norm_eps", "head_dim", "attention_bias", "mlp_bias"};
constexpr std::array<std::string_view, 9> kDeepseekKeys{"rms_norm_eps", "attention_bias",   "q_lora_rank",
                                                        "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim",
                                                        "v_head_dim",   "rope_interleave",  "first_k_dense_replace"};
constexpr std::array<std::string_view, 11> kExpertKeys{
    "n_routed_experts", "n_shared_experts",      "num_experts_per_tok", "moe_intermediate_size", "n_group",       "topk_group",
    "norm_topk_prob",   "routed_scaling_factor", "scoring_func",        "topk_method",           "moe_layer_freq"};
constexpr std::array<std::string_view, 9> kDeepseekV2Keys{"rms_norm_eps", "attention_bias",   "q_lora_rank",
                                                          "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim",
                                                          "v_head_dim",   "mlp_bias",         "first_k_dense_replace"};
constexpr std::array<std::string_view, 26> kOwnKeys{"attention_bias",
                                                    "mlp_bias",
                                                    "head_dim",
                                                    "latent",
                                                    "k_rank",
                                                    "v_rank",
                                                    "positions",
                                                    "rope_layout",
                                                    "norm",
                                                    "norm_eps",
                                                    "mlp",
                                                    "q_lora_rank",
                                                    "kv_lora_rank",
                                                    "qk_nope_head_dim",
                                                    "qk_rope_head_dim",
                                                    "v_head_dim",
                                                    "rotary_dim",
                                                    "rotary_start",
                                                    "norm_bias",
                                                    "parallel_residual",
                                                    "attention_output_bias",
                                                    "attention_scaled",
                                                    "attention_scaled_by_layer",
                                                    "attention_windows",
                                                    "latent_norm",
                                                    "first_k_dense_replace"};

void checkModelKeys(const ConfigReader& model) {
    std::vector<std::string_view> known(kCommonModelKeys.begin(), kCommonModelKeys.end());
    const std::string type = model.text("model_type", "");
    const auto add = [&](std::span<const std::string_view> more) { known.insert(known.end(), more.begin(), more.end()); };
    if (type == name(Family::Llama)) {
        add(kLlamaKeys);
    } else if (type == name(Family::DeepseekV3)) {
        add(kDeepseekKeys);
    } else if (type == name(Family::DeepseekV2)) {
        add(kDeepseekV2Keys);
    } else if (type == name(Family::LatentLoom)) {
        add(kOwnKeys);
    } else {
        return;  // an unknown family is refused by its name
    }
    if (type != name(Family::Llama)) add(kExpertKeys);
    model.allowOnly(known);
}

DType precisionFrom(const ConfigReader& reader, const std::string& key, DType absent) {
    const std::string text = reader.text(key, std::string(name(absent)));
    if (text == "f32") return DType::F32;
    if (text == "bf16") return DType::BF16;
    reader.fail(key + " is " + inQuotes(text), "Choose f32 or bf16");
}

Schedule scheduleFrom(const ConfigReader& reader) {
    const std::string text = reader.text("schedule", std::string(name(Schedule::Cosine)));
    for (const Schedule schedule : {Schedule::Cosine, Schedule::Linear, Schedule::Constant})
        if (text == name(schedule)) return schedule;
    reader.fail("schedule is " + inQuotes(text), "Choose cosine, linear or constant");
}

TrainSettings readSettings(const ConfigReader& reader, const ModelConfig& model) {
    reader.allowOnly(kTrainingKeys);
    TrainSettings s;
    s.context = reader.integer("context", model.context);
    s.batch = reader.integer("batch", s.batch);
    s.accumulation = reader.integer("accumulation", s.accumulation);
    s.steps = reader.integer("steps", s.steps);
    s.learningRate = reader.number("learning_rate", s.learningRate);
    s.minLearningRate = reader.number("min_learning_rate", s.learningRate / 10);
    s.warmup = reader.integer("warmup", s.steps / 10 < 100 ? s.steps / 10 : 100);
    s.schedule = scheduleFrom(reader);
    s.patience = reader.integer("patience", s.patience);
    s.sampleTokens = reader.integer("sample_tokens", s.sampleTokens);
    s.adamW.beta1 = reader.number("beta1", s.adamW.beta1);
    s.adamW.beta2 = reader.number("beta2", s.adamW.beta2);
    s.adamW.eps = reader.number("eps", s.adamW.eps);
    s.adamW.weightDecay = reader.number("weight_decay", s.adamW.weightDecay);
    s.clip = reader.number("clip", s.clip);
    s.dropout = reader.number("dropout", s.dropout);
    if (model.expertLayers() > 0) s.balancing = model.moe.scoring == ExpertScoring::Sigmoid ? kBalanceSigmoid : kBalanceSoftmax;
    s.balancing.loss = reader.number("balance_loss", s.balancing.loss);
    s.balancing.speed = reader.number("balance_speed", s.balancing.speed);
    s.ema = reader.number("ema", s.ema);
    s.precision = precisionFrom(reader, "precision", s.precision);
    s.storage = precisionFrom(reader, "storage", s.storage);
    s.evaluateEvery = reader.integer("evaluate_every", s.evaluateEvery);
    s.validationRows = reader.integer("validation_rows", s.validationRows);
    s.checkpointEvery = reader.integer("checkpoint_every", s.checkpointEvery);
    const std::int64_t seed = reader.integer("seed", 1);
    if (seed < 0 || static_cast<double>(seed) > kLargestSeed) reader.fail("training.seed must be between 0 and 2^53");
    s.seed = static_cast<std::uint64_t>(seed);
    return s;
}

}  // namespace

void checkTrainSettings(const TrainSettings& s, const ModelConfig& model, const std::string& where) {
    const auto fail = [&](const std::string& key, const std::string& value, const std::string& rule) {
        throw Error{"training." + key + " is " + value + "; it must be " + rule, where, "Correct the configuration"};
    };
    const auto whole = [&](const char* key, std::int64_t value, std::int64_t low, std::int64_t high) {
        if (value < low || value > high)
            fail(key, std::to_string(value), "between " + std::to_string(low) + " and " + std::to_string(high));
    };
    const auto number = [&](const char* key, double value, double low, double high) {
        if (!(value >= low && value <= high)) {
            nlohmann::json shown(value), from(low), to(high);
            fail(key, shown.dump(), "between " + from.dump() + " and " + to.dump());
        }
    };
    whole("context", s.context, 1, model.context);
    whole("batch", s.batch, 1, 1'000'000);
    whole("accumulation", s.accumulation, 1, 1'000'000);
    whole("steps", s.steps, 1, kMost);
    if (s.batch * s.context > (std::int64_t{1} << 28)) {
        throw Error{"training.batch · training.context is " + std::to_string(s.batch * s.context) + " tokens at once", where,
                    "Choose a smaller batch and more accumulation"};
    }
    number("learning_rate", s.learningRate, 0.0, 10.0);
    number("min_learning_rate", s.minLearningRate, 0.0, s.learningRate);
    whole("warmup", s.warmup, 0, s.steps);
    number("beta1", s.adamW.beta1, 0.0, 0.99999);
    number("beta2", s.adamW.beta2, 0.0, 0.999999);
    number("eps", s.adamW.eps, 1e-20, 1.0);
    number("weight_decay", s.adamW.weightDecay, 0.0, 10.0);
    number("clip", s.clip, 0.0, 1e9);
    number("dropout", s.dropout, 0.0, 0.95);
    number("balance_loss", s.balancing.loss, 0.0, 10.0);
    number("balance_speed", s.balancing.speed, 0.0, 1.0);
    number("ema", s.ema, 0.0, 0.999999);
    whole("evaluate_every", s.evaluateEvery, 0, kMost);
    whole("validation_rows", s.validationRows, 1, 1'000'000);
    whole("checkpoint_every", s.checkpointEvery, 0, kMost);
    whole("patience", s.patience, 0, kMost);
    whole("sample_tokens", s.sampleTokens, 0, 100'000);
}

std::string_view name(Schedule schedule) {
    switch (schedule) {
        case Schedule::Cosine: return "cosine";
        case Schedule::Linear: return "linear";
        case Schedule::Constant: return "constant";
    }
    return "?";
}

double learningRateAt(const TrainSettings& s, std::int64_t step) {
    if (step <= s.warmup) return s.learningRate * static_cast<double>(step) / static_cast<double>(s.warmup);
    if (s.schedule == Schedule::Constant) return s.learningRate;
    const auto decay = static_cast<double>(s.steps - s.warmup);
    const double done = std::min(1.0, static_cast<double>(step - s.warmup) / decay);
    const double left = s.schedule == Schedule::Linear ? 1.0 - done : 0.5 * (1.0 + std::cos(std::numbers::pi * done));
    return s.minLearningRate + (s.learningRate - s.minLearningRate) * left;
}

std::string trainingText(const TrainSettings& s) {
    const nlohmann::ordered_json json{{"context", s.context},
                                      {"batch", s.batch},
                                      {"accumulation", s.accumulation},
                                      {"steps", s.steps},
                                      {"learning_rate", s.learningRate},
                                      {"min_learning_rate", s.minLearningRate},
                                      {"warmup", s.warmup},
                                      {"schedule", name(s.schedule)},
                                      {"beta1", s.adamW.beta1},
                                      {"beta2", s.adamW.beta2},
                                      {"eps", s.adamW.eps},
                                      {"weight_decay", s.adamW.weightDecay},
                                      {"clip", s.clip},
                                      {"dropout", s.dropout},
                                      {"balance_loss", s.balancing.loss},
                                      {"balance_speed", s.balancing.speed},
                                      {"ema", s.ema},
                                      {"precision", name(s.precision)},
                                      {"storage", name(s.storage)},
                                      {"evaluate_every", s.evaluateEvery},
                                      {"validation_rows", s.validationRows},
                                      {"checkpoint_every", s.checkpointEvery},
                                      {"patience", s.patience},
                                      {"sample_tokens", s.sampleTokens},
                                      {"seed", s.seed}};
    return json.dump();
}

std::string modelKeysText(const ModelConfig& model) {
    auto keys = nlohmann::ordered_json::parse(configText(model, DType::F32));
    for (const char* key : {"vocab_size", "architectures", "dtype"}) keys.erase(key);
    return keys.dump();
}

TrainConfig parseTrainConfig(const std::string& text, const std::string& where, std::int64_t vocab) {
    const ConfigReader reader(text, where);
    reader.allowOnly(kTopKeys);
    const std::optional<ConfigReader> given = reader.object("model");
    if (!given) reader.fail("The key model is missing", "Write \"model\": {…} with the keys of a config.json");
    checkModelKeys(*given);
    if (given->has("vocab_size") && vocab > 0 && given->integer("vocab_size") != vocab) {
        reader.fail("model.vocab_size is " + std::to_string(given->integer("vocab_size")) + " but the tokenizer has " +
                        std::to_string(vocab) + " tokens",
                    "Leave vocab_size out, or give the tokenizer that belongs to it");
    }
    nlohmann::json whole = reader.json();
    nlohmann::json& keys = whole["model"];
    if (!given->has("vocab_size")) {
        if (vocab <= 0) reader.fail("model.vocab_size is missing", "Give it, or a tokenizer");
        keys["vocab_size"] = vocab;
    }
    TrainConfig config;
    config.model = readFamilyConfig(ConfigReader(keys.dump(), where + ": model"));
    const Family family = config.model.family;
    const bool deepseek = family == Family::DeepseekV3 || family == Family::DeepseekV2;
    if (family != Family::Llama && !deepseek && family != Family::LatentLoom) {
        reader.fail("Networks of the family " + std::string(name(family)) + " are not trained",
                    "Choose llama, deepseek_v3, deepseek_v2, or latentloom, which can describe the same network");
    }
    if (config.model.expertLayers() > 0 && !given->has("n_routed_experts")) {
        reader.fail("model.n_routed_experts is missing; left out it would be " + std::to_string(config.model.moe.experts),
                    "Say how many experts there shall be, or set first_k_dense_replace to num_hidden_layers for none");
    }
    const std::optional<ConfigReader> training = reader.object("training");
    config.training = readSettings(training ? *training : ConfigReader("{}", where), config.model);
    checkTrainSettings(config.training, config.model, where);
    config.name = reader.text("name", "");
    config.twin = reader.text("twin", "");
    config.description = reader.text("description", "");
    config.preset = reader.text("preset", "");
    // What the run writes must open again.
    if (!config.twin.empty() && !isTwinPath(config.twin)) reader.fail("twin must name a folder beside the run, such as ../demo-mha");
    if (config.name.size() > kLongestModelName) reader.fail("name is longer than " + std::to_string(kLongestModelName) + " bytes");
    if (config.description.size() > kLongestCardText)
        reader.fail("description is longer than " + std::to_string(kLongestCardText) + " bytes");
    if (config.preset.size() > kLongestModelName) reader.fail("preset is longer than " + std::to_string(kLongestModelName) + " bytes");
    if (const std::optional<ConfigReader> data = reader.object("data")) {
        data->allowOnly(kDataKeys);
        config.data = {data->text("name", ""), data->text("licence", ""), data->text("source", "")};
    }
    config.text = whole.dump();
    return config;
}

TrainConfig readTrainConfig(const std::filesystem::path& file, std::int64_t vocab) {
    return parseTrainConfig(readTextFile(file, kLargestFile), pathText(file), vocab);
}

std::int64_t vocabOfConfig(const std::string& text, const std::string& where) {
    const ConfigReader reader(text, where);
    const std::optional<ConfigReader> model = reader.object("model");
    return model && model->has("vocab_size") ? model->integer("vocab_size") : 0;
}

std::int64_t vocabAskedFor(const std::filesystem::path& file) { return vocabOfConfig(readTextFile(file, kLargestFile), pathText(file)); }

}  // namespace loom
