// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/run_export.h"

#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/train/run_list.h"

namespace loom {
namespace {

std::string numberText(double value) {
    std::array<char, 40> room{};
    const auto [end, error] = std::to_chars(room.data(), room.data() + room.size(), value);
    return {room.data(), error == std::errc() ? end : room.data()};
}

std::string csvText(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace

RunRecord readRunRecord(const std::filesystem::path& run) {
    RunRecord record{readRun(run), {}, {}, {}};
    if (auto settings = guarded([&] { return readRunSettings(run); })) record.settings = std::move(*settings);
    record.points = readRunPoints(run);
    record.samples = readRunSamples(run);
    return record;
}

std::string runsCsv(std::span<const RunRecord> runs) {
    std::string text = "run,step,tokens,seconds,loss,validation_loss,learning_rate,gradient_norm\r\n";
    for (const RunRecord& run : runs) {
        const std::string name = csvText(run.summary.name);
        for (const TrainPoint& p : run.points) {
            text += name + ',' + std::to_string(p.step) + ',' + std::to_string(p.tokens) + ',' + numberText(p.seconds) + ',' +
                    numberText(p.loss) + ',' + (p.validationLoss ? numberText(*p.validationLoss) : "") + ',' + numberText(p.learningRate) +
                    ',' + numberText(p.gradientNorm) + "\r\n";
        }
    }
    return text;
}

std::string runsJsonLines(std::span<const RunRecord> runs) {
    std::string text;
    for (const RunRecord& run : runs) {
        for (const TrainPoint& p : run.points) {
            nlohmann::ordered_json line{
                {"run", run.summary.name}, {"step", p.step}, {"tokens", p.tokens}, {"seconds", p.seconds}, {"loss", p.loss}};
            if (p.validationLoss) line["validation_loss"] = *p.validationLoss;
            line["learning_rate"] = p.learningRate;
            line["gradient_norm"] = p.gradientNorm;
            if (p.expertLoad) line["expert_load"] = *p.expertLoad;
            text += line.dump() + "\n";
        }
    }
    return text;
}

}  // namespace loom
