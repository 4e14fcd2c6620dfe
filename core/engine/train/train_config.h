// SPDX-License-Identifier: GPL-3.0-or-later
// What a training run is asked to do, and the file that says it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/data/model_config.h"
#include "core/engine/api/training.h"

namespace loom {

/// How the learning rate goes from learningRate after the warm-up to minLearningRate at the last step. Constant: not at all.
enum class Schedule : std::uint8_t { Cosine, Linear, Constant };
[[nodiscard]] std::string_view name(Schedule schedule);  ///< "cosine", "linear", "constant"

/// Of experts that are chosen by sigmoid scores, whose choice has a bias, and by softmax, where only the penalty acts: the weights of
/// DeepSeek-V3 (arXiv 2412.19437, section 4.2) and DeepSeek-V2 (arXiv 2405.04434, section 3.1.2).
inline constexpr ExpertBalancing kBalanceSigmoid{1e-4, 1e-3}, kBalanceSoftmax{3e-3, 0.0};

/// Key "training" of a configuration file; every key is optional.
struct TrainSettings {
    std::int64_t context = 512;     ///< tokens of one row, T
    std::int64_t batch = 16;        ///< rows computed at once
    std::int64_t accumulation = 1;  ///< batches of one optimiser step
    std::int64_t steps = 1000;      ///< optimiser steps in all
    double learningRate = 1e-3;     ///< at the end of the warm-up
    double minLearningRate = 1e-4;  ///< at the last step
    std::int64_t warmup = 100;      ///< steps from 0 to learningRate
    Schedule schedule = Schedule::Cosine;
    AdamWSettings adamW;  ///< beta1, beta2, eps, weight_decay
    double clip = 1.0;    ///< largest norm of the gradient; 0 = no limit
    double dropout = 0.0;
    ExpertBalancing balancing = {};      ///< balance_loss, balance_speed; networks with experts only
    double ema = 0.0;                    ///< decay of a moving average of the weights, which is then measured and kept; 0 = none
    DType precision = DType::F32;        ///< "f32", or "bf16" with f32 weights
    DType storage = DType::F32;          ///< element type of model.safetensors: "f32" or "bf16"
    std::int64_t evaluateEvery = 250;    ///< steps between two measurements of the validation loss; 0 = only at the end
    std::int64_t validationRows = 64;    ///< rows that it is measured on
    std::int64_t checkpointEvery = 250;  ///< steps between two checkpoints; 0 = only at the end
    std::int64_t patience = 0;           ///< measurements without a new lowest validation loss after which the run ends; 0 = never
    std::int64_t sampleTokens = 60;      ///< length of the stories that are written at each measurement; 0 = none are
    std::uint64_t seed = 1;              ///< of the first weights, the order of the data and dropout
    [[nodiscard]] std::int64_t tokensPerStep() const { return context * batch * accumulation; }
};

/// Where the data comes from, for the model card. Key "data".
struct DataCard {
    std::string name, licence, source;
};

struct TrainConfig {
    ModelConfig model;
    TrainSettings training;
    std::string name;         ///< of the network, as the program shows it
    std::string twin;         ///< folder of its twin, relative to its own
    std::string description;  ///< a paragraph for the model card
    std::string preset;       ///< that it was made from; empty = none
    DataCard data;
    std::string text;  ///< the whole configuration as JSON, as it was read
};

/// Learning rate of a step that counts from 1.
[[nodiscard]] double learningRateAt(const TrainSettings& settings, std::int64_t step);

/// Reads a configuration file: an object with "model" (the keys of a config.json; vocab_size may be left out where a tokenizer says it),
/// and optional "training", "name", "twin", "description", "data". Throws Error naming the key: unknown, of a wrong type, out of range,
/// or a shape that cannot be.
[[nodiscard]] TrainConfig readTrainConfig(const std::filesystem::path& file, std::int64_t vocab);
/// The same from text; `where` names it in errors.
[[nodiscard]] TrainConfig parseTrainConfig(const std::string& text, const std::string& where, std::int64_t vocab);
/// All settings under the keys of "training", as a JSON object.
[[nodiscard]] std::string trainingText(const TrainSettings& settings);
/// The keys of "model" for a network, as a JSON object without a vocabulary: the tokenizer says it. Throws Error as configText() does.
[[nodiscard]] std::string modelKeysText(const ModelConfig& model);
/// The model.vocab_size that a configuration file asks for, 0 if it leaves it to the tokenizer.
[[nodiscard]] std::int64_t vocabAskedFor(const std::filesystem::path& file);
/// The same of a configuration's text.
[[nodiscard]] std::int64_t vocabOfConfig(const std::string& text, const std::string& where);
/// Throws Error naming the first setting that is out of range.
void checkTrainSettings(const TrainSettings& settings, const ModelConfig& model, const std::string& where);

}  // namespace loom
