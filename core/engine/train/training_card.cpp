// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/training_card.h"

#include <nlohmann/json.hpp>

#include "core/engine/checkpoint/write_checkpoint.h"

namespace loom {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kCurvePoints = 200;

Json curveJson(const std::vector<TrainPoint>& points) {
    Json curve = Json::array();
    const std::size_t every = std::max<std::size_t>(1, points.size() / kCurvePoints);
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        sum += points[i].loss;
        ++count;
        const bool last = i + 1 == points.size();
        if (count < every && !points[i].validationLoss && !last) continue;
        Json point{{"step", points[i].step}, {"tokens", points[i].tokens}, {"loss", sum / static_cast<double>(count)}};
        if (points[i].validationLoss) point["validation_loss"] = *points[i].validationLoss;
        curve.push_back(std::move(point));
        sum = 0;
        count = 0;
    }
    return curve;
}

Json trainingJson(const TrainingCard& card) {
    const TrainSettings& s = card.config.training;
    const std::int64_t seen = card.points.empty() ? 0 : card.points.back().tokens;
    Json json{{"steps", card.points.empty() ? 0 : card.points.back().step},
              {"steps_planned", s.steps},
              {"tokens_per_step", s.tokensPerStep()},
              {"tokens_seen", seen},
              {"passes", card.tokens > 0 ? static_cast<double>(seen) / static_cast<double>(card.tokens) : 0.0},
              {"seconds", card.points.empty() ? 0.0 : card.points.back().seconds},
              {"precision", name(s.precision)},
              {"seed", s.seed},
              {"context", s.context},
              {"learning_rate", s.learningRate},
              {"min_learning_rate", s.minLearningRate},
              {"warmup", s.warmup},
              {"weight_decay", s.adamW.weightDecay},
              {"beta1", s.adamW.beta1},
              {"beta2", s.adamW.beta2},
              {"clip", s.clip},
              {"dropout", s.dropout}};
    return json;
}

}  // namespace

void writeTrainingCard(const std::filesystem::path& folder, const TrainingCard& card) {
    Json json{{"format_version", 1}};
    if (!card.config.name.empty()) json["title"] = card.config.name;
    if (!card.config.description.empty()) json["description"] = card.config.description;
    Json data = Json::object();
    if (!card.config.data.name.empty()) data["name"] = card.config.data.name;
    if (!card.config.data.licence.empty()) data["licence"] = card.config.data.licence;
    if (!card.config.data.source.empty()) data["source"] = card.config.data.source;
    data["stories"] = card.stories;
    data["bytes"] = card.bytes;
    data["tokens"] = card.tokens;
    json["data"] = std::move(data);
    json["training"] = trainingJson(card);
    if (card.result) {
        json["result"] = {{"data", card.resultData},
                          {"loss", card.result->loss()},
                          {"perplexity", card.result->perplexity()},
                          {"bits_per_byte", card.result->bitsPerByte()},
                          {"tokens", card.result->tokens},
                          {"stories", card.result->stories}};
    }
    json["curve"] = curveJson(card.points);
    Json samples = Json::array();
    for (const SampleStory& s : card.samples) {
        samples.push_back({{"prompt", s.prompt}, {"seed", s.seed}, {"temperature", s.temperature}, {"text", s.text}});
    }
    if (!samples.empty()) json["samples"] = std::move(samples);
    writeTextFile(folder / "training.json", json.dump(1) + "\n");
}

}  // namespace loom
