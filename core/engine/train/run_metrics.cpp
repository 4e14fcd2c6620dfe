// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/run_metrics.h"

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/train/line_reader.h"

namespace loom {
namespace {

constexpr std::size_t kLongestLine = std::size_t{16} << 10;
constexpr std::size_t kLargestFile = std::size_t{1} << 30;

}  // namespace

std::string metricsLine(const TrainPoint& p) {
    nlohmann::ordered_json json{
        {"step", p.step},       {"loss", p.loss},    {"learning_rate", p.learningRate}, {"gradient_norm", p.gradientNorm},
        {"seconds", p.seconds}, {"tokens", p.tokens}};
    if (p.validationLoss) json["validation_loss"] = *p.validationLoss;
    if (p.memoryBytes) json["memory_bytes"] = *p.memoryBytes;
    if (p.expertLoad) json["expert_load"] = *p.expertLoad;
    return json.dump();
}

std::optional<TrainPoint> pointOfLine(std::string_view line) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto number = [&](const char* key) {
        const auto found = json.find(key);
        return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
    };
    const auto whole = [&](const char* key) {
        const double value = number(key).value_or(0.0);
        return value >= 0 && value < 1e15 ? static_cast<std::int64_t>(value) : 0;  // others fit no integer
    };
    TrainPoint point;
    point.step = whole("step");
    point.loss = number("loss").value_or(0.0);
    point.learningRate = number("learning_rate").value_or(0.0);
    point.gradientNorm = number("gradient_norm").value_or(0.0);
    point.seconds = number("seconds").value_or(0.0);
    point.tokens = whole("tokens");
    point.validationLoss = number("validation_loss");
    point.expertLoad = number("expert_load");
    if (number("memory_bytes")) point.memoryBytes = whole("memory_bytes");
    return point;
}

void forMetricsLines(const std::filesystem::path& file, const std::function<void(std::string_view)>& body) {
    if (!fileExists(file)) return;
    if (const RegularFile size(file); size.size() > kLargestFile) {
        throw Error{"The file is larger than a gigabyte, which no run's record is", pathText(file), "Check that it is the right file"};
    }
    LineReader lines(file, kLongestLine);
    while (const auto line = lines.next()) body(*line);
}

void forPoints(const std::filesystem::path& file, std::int64_t last, const std::function<void(const TrainPoint&, std::string_view)>& body) {
    std::int64_t before = 0;
    forMetricsLines(file, [&](std::string_view line) {
        const std::optional<TrainPoint> point = pointOfLine(line);
        if (!point || point->step <= before || point->step > last) return;
        before = point->step;
        body(*point, line);
    });
}

}  // namespace loom
