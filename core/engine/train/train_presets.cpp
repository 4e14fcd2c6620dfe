// SPDX-License-Identifier: GPL-3.0-or-later
// Training configurations known by name: three times, the paper's, and the DeepSeek form at the paper's sizes.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/data/attention_forms.h"
#include "core/data/error.h"
#include "core/data/presets.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/train/training_plan.h"

namespace loom {
namespace {

using Json = nlohmann::ordered_json;

/// A network that a time can be cut to.
struct Rung {
    std::int64_t vocab, width, layers, heads, context, batch;
    double learningRate;
};
// Feed-forward networks of 8/3 of the width; each rung is about twice the one before.
constexpr std::array<Rung, 9> kLadder{
    Rung{512, 48, 3, 3, 128, 8, 6e-3},      Rung{512, 64, 4, 4, 192, 8, 5e-3},      Rung{1024, 96, 4, 4, 256, 8, 4e-3},
    Rung{1536, 128, 5, 4, 256, 8, 3e-3},    Rung{2048, 192, 6, 6, 384, 8, 2.5e-3},  Rung{4096, 256, 6, 4, 512, 8, 2e-3},
    Rung{4096, 320, 8, 5, 512, 16, 1.5e-3}, Rung{8192, 384, 8, 6, 512, 16, 1.2e-3}, Rung{8192, 512, 10, 8, 512, 32, 1e-3}};
constexpr std::size_t kFirstMeasured = 2;
constexpr double kTokensPerParameter = 6;  ///< that a run should see at least, before a larger network is worth it
constexpr double kShareOfTime = 0.85;      ///< for steps; the rest measures, writes stories and reads the data
constexpr std::int64_t kPresetVocabulary = 4096;
constexpr double kSecondsOfMeasuring = 3;  ///< of each measurement, of which there are three

/// The keys that a configuration file has, with vocab_size left to the tokenizer.
Json configJson(const ModelConfig& given, const TrainSettings& s, const std::string& preset, const std::string& title) {
    ModelConfig model = given;
    model.family = familyToWrite(model);
    return {{"name", title}, {"preset", preset}, {"model", Json::parse(modelKeysText(model))}, {"training", Json::parse(trainingText(s))}};
}

TrainConfig rungConfig(const Rung& rung, DType precision) {
    TrainConfig config;
    ModelConfig& m = config.model;
    m.family = Family::Llama;
    m.modelType = name(m.family);
    m.dModel = rung.width;
    m.layers = rung.layers;
    m.vocab = rung.vocab;
    m.context = rung.context;
    m.ffnWidth = (rung.width * 8 / 3 + 15) / 16 * 16;
    m.tieEmbeddings = true;
    m.attention.heads = m.attention.kvHeads = rung.heads;
    m.attention.headDim = rung.width / rung.heads;
    m = withForm(m, "mla-deepseek");
    TrainSettings& s = config.training;
    s.context = rung.context;
    s.batch = rung.batch;
    s.learningRate = rung.learningRate;
    s.precision = precision;
    return config;
}

std::int64_t stepsWithin(double minutes, double secondsPerStep) {
    return std::clamp<std::int64_t>(std::llround(minutes * 60 * kShareOfTime / secondsPerStep), 20, 1'000'000);
}

void schedule(TrainSettings& s, std::int64_t steps) {
    s.steps = steps;
    s.minLearningRate = s.learningRate / 20;
    s.warmup = std::clamp<std::int64_t>(steps / 20, 1, 200);
    s.evaluateEvery = s.checkpointEvery = std::max<std::int64_t>(1, steps / 12);
    s.validationRows = 32;
    s.storage = DType::BF16;
}

PresetConfig forTime(const TrainPreset& preset, const TrainingPlace& place, const MeasureProgress& progress, const std::stop_token& stop,
                     std::int64_t networks) {
    const double minutes = preset.minutes / static_cast<double>(networks);
    const double seconds = minutes * 60 * kShareOfTime;
    const auto report = [&](int third) {
        return [&progress, third](std::int64_t done, std::int64_t total) {
            if (progress) progress(third * total + done, 3 * total);
        };
    };
    DType precision = DType::F32;
    const auto measured = [&](std::size_t rung, DType as, int third) {
        return measureStep(rungConfig(kLadder[rung], as), place, kSecondsOfMeasuring, report(third), stop);
    };
    double perStep = measured(kFirstMeasured, precision, 0);
    if (place.device == DeviceKind::Cpu) {  // where both types are computed fast, the narrow one is faster
        if (const double half = measured(kFirstMeasured, DType::BF16, 1); half < 0.95 * perStep) {
            precision = DType::BF16;
            perStep = half;
        }
    }
    const auto work = [](std::size_t i) {
        const TrainConfig c = rungConfig(kLadder[i], DType::F32);
        return static_cast<double>(c.training.tokensPerStep()) * forwardFlopsPerToken(c.model, c.training.context);
    };
    const double speed = work(kFirstMeasured) / perStep;
    const auto worth = [&](std::size_t i, double secondsPerStep) {
        const TrainConfig c = rungConfig(kLadder[i], precision);
        const double tokens = seconds / secondsPerStep * static_cast<double>(c.training.tokensPerStep());
        return tokens >= kTokensPerParameter * static_cast<double>(countParameters(c.model).total) && planTraining(c).fits;
    };
    std::size_t chosen = 0;
    for (std::size_t i = 1; i < kLadder.size(); ++i)
        if (worth(i, work(i) / speed)) chosen = i;
    perStep = measured(chosen, precision, 2);
    TrainConfig config = rungConfig(kLadder[chosen], precision);
    schedule(config.training, stepsWithin(minutes, perStep));
    return {configJson(config.model, config.training, preset.name, preset.title).dump(2), kLadder[chosen].vocab};
}

struct PaperSize {
    const char* name;
    std::int64_t width;
    double learningRate;
};
constexpr std::array<PaperSize, 3> kPaperSizes{PaperSize{"6l", 256, 1.5e-3}, PaperSize{"9l", 512, 1e-3}, PaperSize{"12l", 1024, 6e-4}};

TrainSettings paperSettings(double learningRate) {
    TrainSettings s;
    s.batch = 8;
    s.learningRate = learningRate;
    schedule(s, 2000);
    return s;
}

constexpr const char* kDeepseekPrefix = "mla-deepseek-";

/// The network of "mla-deepseek-6l-r64".
ModelConfig deepseekAt(const PaperSize& size, std::int64_t divisor) {
    const ModelConfig base = presetNamed(std::string("paper-") + size.name + "-mha").config;
    return withForm(base, "mla-deepseek:r=" + std::to_string(size.width / divisor));
}

std::string deepseekName(const PaperSize& size, std::int64_t divisor) {
    return kDeepseekPrefix + std::string(size.name) + "-r" + std::to_string(size.width / divisor);
}

constexpr const char* kExpertsPrefix = "moe-mla-";

/// Experts and a joint latent of half the width (arXiv 2508.01261): 2 shared and 62 routed experts of an eighth of a feed-forward network,
/// of which a token uses 6, so that it meets as much as in one dense network. Blocks, scores and the dense first layer as in DeepSeek-V3.
ModelConfig expertsAt(const PaperSize& size) {
    ModelConfig model = deepseekAt(size, 2);
    model.norm = NormKind::Rms;
    model.mlp = MlpKind::SwiGlu;
    model.mlpBias = false;
    model.attention.bias = false;
    const std::int64_t width = (size.width / 3 + 7) / 8 * 8;
    model.ffnWidth = 8 * width;
    model.moe = {62, 1, 6, width, 2, 1, 1, 1.0, true, ExpertScoring::Sigmoid};
    return model;
}

std::vector<TrainPreset> makePresets() {
    std::vector<TrainPreset> list{{"2-minutes", "2 minutes", "A network and steps that fit two minutes on this machine", 2},
                                  {"10-minutes", "10 minutes", "A network and steps that fit ten minutes on this machine", 10},
                                  {"1-hour", "1 hour", "A network and steps that fit an hour on this machine", 60}};
    for (const Preset& preset : presets()) {
        if (!preset.name.starts_with("paper-")) continue;
        const std::size_t colon = preset.description.find(": ");
        std::string title = preset.description.substr(colon + 2) + ", " + preset.name.substr(6, preset.name.find('-', 6) - 6);
        title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
        list.push_back({preset.name, std::move(title), preset.description + " (" + preset.source + ")", 0});
    }
    for (const PaperSize& size : kPaperSizes) {
        for (const std::int64_t divisor : {2, 4, 8}) {
            const std::string rank = std::to_string(size.width / divisor);
            list.push_back({deepseekName(size, divisor), "Joint latent of " + rank + ", " + size.name,
                            "the paper's size " + std::string(size.name) + " with the joint latent of DeepSeek-V2, r = " + rank, 0});
        }
    }
    for (const PaperSize& size : kPaperSizes) {
        list.push_back({kExpertsPrefix + std::string(size.name), "Experts and a joint latent, " + std::string(size.name),
                        "the paper's size " + std::string(size.name) +
                            " with a joint latent of r = D/2 and 64 small experts, 2 of them shared and 6 "
                            "chosen for each token (arXiv 2508.01261)",
                        0});
    }
    return list;
}

}  // namespace

const std::vector<TrainPreset>& trainPresets() {
    static const std::vector<TrainPreset> list = makePresets();
    return list;
}

const TrainPreset& trainPresetNamed(const std::string& name) {
    std::string near;
    for (const TrainPreset& preset : trainPresets()) {
        if (preset.name == name) return preset;
        const bool alike = !name.empty() && preset.name.substr(0, 3) == name.substr(0, 3);
        if (preset.minutes > 0 || alike) near += (near.empty() ? "" : ", ") + preset.name;
    }
    throw Error{"There is no training preset '" + name.substr(0, 60) + "'", {}, "Known are: " + near + "; train --list shows all"};
}

std::string configWithForm(const std::string& json, const std::string& form, const std::string& where) {
    constexpr std::int64_t kAny = 4096;  // the vocabulary plays no part in a form
    const std::int64_t asked = vocabOfConfig(json, where);
    ModelConfig model = withForm(parseTrainConfig(json, where, asked > 0 ? asked : kAny).model, form);
    model.family = familyToWrite(model);
    model.modelType = name(model.family);
    Json whole = Json::parse(json);
    Json keys = Json::parse(modelKeysText(model));
    if (asked > 0) keys["vocab_size"] = asked;
    whole["model"] = std::move(keys);
    return whole.dump(2);
}

PresetConfig presetConfig(const std::string& name, const TrainingPlace& place, const MeasureProgress& progress, std::stop_token stop,
                          std::int64_t networks) {
    const TrainPreset& preset = trainPresetNamed(name);
    if (preset.minutes > 0) return forTime(preset, place, progress, stop, networks);
    for (const PaperSize& size : kPaperSizes) {
        TrainSettings settings = paperSettings(size.learningRate);
        if (name == kExpertsPrefix + std::string(size.name)) {
            settings.balancing = kBalanceSigmoid;
            return {configJson(expertsAt(size), settings, name, preset.title).dump(2), kPresetVocabulary};
        }
        for (const std::int64_t divisor : {2, 4, 8}) {
            if (name == deepseekName(size, divisor))
                return {configJson(deepseekAt(size, divisor), settings, name, preset.title).dump(2), kPresetVocabulary};
        }
        if (name.starts_with(std::string("paper-") + size.name))
            return {configJson(presetNamed(name).config, settings, name, preset.title).dump(2), kPresetVocabulary};
    }
    throw Error{"The preset has no size that is known", name, "Choose another"};
}

}  // namespace loom
