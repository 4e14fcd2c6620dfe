// SPDX-License-Identifier: GPL-3.0-or-later
// training.json, key by key.
#include "core/engine/checkpoint/model_card.h"

#include <string>

#include "core/engine/checkpoint/config_reader.h"

namespace loom {
namespace {

std::optional<std::int64_t> count(const ConfigReader& reader, const std::string& key) {
    if (!reader.has(key)) return std::nullopt;
    const std::int64_t value = reader.integer(key);
    if (value < 0) reader.fail(key + " must not be negative");
    return value;
}

std::optional<double> number(const ConfigReader& reader, const std::string& key) {
    if (!reader.has(key)) return std::nullopt;
    return reader.number(key, 0);
}

std::string text(const ConfigReader& reader, const std::string& key) {
    if (!reader.has(key)) return {};
    std::string value = reader.text(key);
    if (value.size() > kLongestCardText) reader.fail(key + " is longer than " + std::to_string(kLongestCardText) + " bytes");
    return value;
}

CardData readData(const ConfigReader& reader) {
    return {text(reader, "name"),     text(reader, "licence"), text(reader, "source"),
            count(reader, "stories"), count(reader, "bytes"),  count(reader, "tokens")};
}

CardTraining readTraining(const ConfigReader& reader) {
    CardTraining training;
    training.steps = count(reader, "steps");
    training.tokensPerStep = count(reader, "tokens_per_step");
    training.tokensSeen = count(reader, "tokens_seen");
    training.seed = count(reader, "seed");
    training.passes = number(reader, "passes");
    training.seconds = number(reader, "seconds");
    training.precision = text(reader, "precision");
    for (const char* key : {"learning_rate", "min_learning_rate", "warmup", "weight_decay", "clip", "dropout", "beta1", "beta2"}) {
        if (const auto value = number(reader, key)) training.settings.emplace_back(key, *value);
    }
    return training;
}

CardResult readResult(const ConfigReader& reader) {
    CardResult result{text(reader, "data"),
                      number(reader, "loss"),
                      number(reader, "perplexity"),
                      number(reader, "bits_per_byte"),
                      count(reader, "tokens"),
                      count(reader, "stories"),
                      {}};
    if (const auto losses = reader.object("precisions")) {
        for (const Precision precision : kPrecisions) {
            if (const auto loss = number(*losses, std::string(name(precision)))) result.precisions.push_back({precision, *loss, 0});
        }
    }
    return result;
}

CurvePoint readPoint(const ConfigReader& reader) {
    return {count(reader, "step").value_or(0), count(reader, "tokens").value_or(0), number(reader, "loss"),
            number(reader, "validation_loss")};
}

CardSample readSample(const ConfigReader& reader) {
    return {text(reader, "prompt"), text(reader, "text"), count(reader, "seed"), number(reader, "temperature")};
}

}  // namespace

ModelCard readModelCard(const std::filesystem::path& file) {
    const ConfigReader reader(file, kLargestCard);
    reader.requireFormat(kCardFormat);
    ModelCard card;
    card.title = text(reader, "title");
    card.description = text(reader, "description");
    if (const auto data = reader.object("data")) card.data = readData(*data);
    if (const auto training = reader.object("training")) card.training = readTraining(*training);
    if (const auto result = reader.object("result")) card.result = readResult(*result);
    for (const ConfigReader& point : reader.objects("curve", kMostCurvePoints)) card.curve.push_back(readPoint(point));
    for (const ConfigReader& sample : reader.objects("samples", kMostCardSamples)) card.samples.push_back(readSample(sample));
    return card;
}

}  // namespace loom
