// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/run_start.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <system_error>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/engine/api/user_paths.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/train/training_plan.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUsualVocabulary = 4096;
constexpr std::size_t kLargestConfig = std::size_t{1} << 20;
constexpr const char* kKeptKinds = " BPE";                   // how their names end
constexpr const char* kScratch = "tokenizer.part-learning";  ///< folder of a tokenizer that is learnt for the run
constexpr double kSecondsOfMeasuring = 4;                    ///< of all networks together

}  // namespace

std::string configName(const TrainOrder& order) { return order.configText.empty() ? pathText(order.config) : "the configuration"; }

std::string orderedConfig(const TrainOrder& order) {
    std::string text = order.configText.empty() ? readTextFile(order.config, kLargestConfig) : order.configText;
    if (!order.steps && !order.seed) return text;
    nlohmann::json json = parseJson(text, configName(order));
    if (!json.is_object()) return text;  // which is refused by its reader
    nlohmann::json& training = json["training"];
    if (!training.is_null() && !training.is_object()) return text;
    if (order.steps) {
        training["steps"] = *order.steps;
        const auto warmup = training.find("warmup");  // then a tenth of them
        if (warmup != training.end() && warmup->is_number() && warmup->get<double>() > static_cast<double>(*order.steps))
            training.erase(warmup);
    }
    if (order.seed) training["seed"] = *order.seed;
    return json.dump();
}

std::int64_t threadsFor(const TrainOrder& order) {
    return order.threads > 0 ? order.threads : std::max<std::int64_t>(1, std::thread::hardware_concurrency());
}

fs::path tokenCache(const TrainOrder& order) { return order.cache.empty() ? userPaths().tokens : order.cache; }

RunTokenizer::RunTokenizer(const TrainOrder& order, const fs::path& folder, std::int64_t asked, const PhaseReport& report,
                           const std::stop_token& stop) {
    if (!order.tokenizer.empty()) {
        const auto tokenizer = openTokenizer(order.tokenizer, asked);
        if (!tokenizer->kind().ends_with(kKeptKinds)) {
            throw Error{"A run keeps its tokenizer in its folder, which only a tokenizer.json or a vocab.json with merges.txt can be",
                        pathText(order.tokenizer), "Give a tokenizer.json, or leave the tokenizer out to have one learnt from the data"};
        }
        m_source = order.tokenizer;
        m_vocabulary = tokenizer->vocabularySize();
        return;
    }
    m_source = m_scratch = folder / kScratch;
    createFolder(folder);
    const std::int64_t wanted = asked > 0 ? asked : order.vocabulary > 0 ? order.vocabulary : kUsualVocabulary;
    learnTokenizer(order.data.train, m_scratch, wanted, report, stop);
    m_vocabulary = openTokenizer(m_scratch, 0)->vocabularySize();
    if (asked == 0 || m_vocabulary == asked) return;
    std::error_code ignored;
    fs::remove_all(m_scratch, ignored);
    throw Error{
        "The data holds only enough text for a tokenizer of " + std::to_string(m_vocabulary) + " tokens, not " + std::to_string(asked),
        nameOf(order.data.train), "Set model.vocab_size to " + std::to_string(m_vocabulary) + ", or give more text"};
}

RunTokenizer::~RunTokenizer() {
    std::error_code ignored;
    if (!m_scratch.empty()) fs::remove_all(m_scratch, ignored);
}

std::vector<TrainConfig> withinTime(std::vector<TrainConfig> configs, const TrainOrder& order, const PhaseReport& report,
                                    const std::stop_token& stop) {
    if (!order.minutes) return configs;
    constexpr const char* kWhat = "measuring the speed";
    const auto count = std::ssize(configs);
    double seconds = 0;  // of one step of each
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        const auto told = [&](std::int64_t done, std::int64_t total) { report(kWhat, i * total + done, count * total); };
        seconds += measureStep(configs[static_cast<std::size_t>(i)], {order.device, threadsFor(order)},
                               kSecondsOfMeasuring / static_cast<double>(count), told, stop);
    }
    const std::int64_t steps = std::clamp<std::int64_t>(std::llround(*order.minutes * 60.0 / seconds), 1, 1'000'000'000);
    for (TrainConfig& config : configs) {
        nlohmann::json json = nlohmann::json::parse(config.text);
        json["training"]["steps"] = steps;
        json["training"].erase("warmup");
        config = parseTrainConfig(json.dump(), configName(order), config.model.vocab);
    }
    return configs;
}

RunRequest requestFor(const TrainOrder& order, const TrainConfig& config, const RunData& data) {
    DataOrder absolute = order.data;
    const auto make = [](SourceSpec& spec) {
        if (!spec.path.empty()) spec.path = fs::absolute(spec.path).lexically_normal();
    };
    make(absolute.train);
    if (absolute.valid) make(*absolute.valid);
    return {config.text,
            std::move(absolute),
            data.set().counts.train.hash,
            threadsFor(order),
            order.device == DeviceKind::Cuda ? "cuda" : "cpu",
            static_cast<std::int64_t>(std::time(nullptr))};
}

DataOrder dataFor(const TrainOrder& order, const RunRequest& request) {
    DataOrder data = request.data;
    if (!order.movedData.empty()) data.train.path = order.movedData;
    if (!order.movedValid.empty() && data.valid) data.valid->path = order.movedValid;
    return data;
}

void requireSameData(const RunData& data, const RunRequest& request) {
    if (data.set().counts.train.hash == request.dataHash) return;
    throw Error{"The data is not what the run was begun with", nameOf(request.data.train), "Give the same data, or begin a new run"};
}

}  // namespace loom
