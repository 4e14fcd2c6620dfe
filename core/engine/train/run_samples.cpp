// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/run_samples.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/train/line_reader.h"

namespace loom {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, kSamplePrompts> kPrompts{"Once upon a time", "One day, a little girl named Lily",
                                                           "Tom had a big red ball.", "The dog was very sad because",
                                                           "\"Can I help you?\" asked the"};
constexpr double kTemperature = 0.8;
constexpr std::size_t kLongestLine = std::size_t{4} << 20;

}  // namespace

std::vector<SampleStory> writeSamples(Engine& engine, const std::filesystem::path& checkpoint, std::int64_t tokens, std::int64_t count,
                                      const std::function<void(std::int64_t, std::int64_t)>& progress, std::stop_token stop) {
    const auto model = valueOrThrow(engine.open(checkpoint, {}));
    // Weights are packed for a network and a session, and a stop ends that with an Error.
    auto packed = engine.network(*model, {}, stop);  // one for all stories
    std::vector<SampleStory> samples;
    if (!packed && stop.stop_requested()) return samples;
    const auto network = valueOrThrow(std::move(packed));
    for (std::int64_t i = 0; i < std::min(count, kSamplePrompts); ++i) {
        if (progress) progress(i, count);
        auto made = engine.newSession(model, {}, stop);
        if (!made && stop.stop_requested()) break;
        const auto session = valueOrThrow(std::move(made));
        GenerateRequest request;
        request.prompt = kPrompts[static_cast<std::size_t>(i)];
        request.maxTokens = std::min(tokens, model->config().context - 1);
        request.samplers.temperature = kTemperature;
        request.seed = static_cast<std::uint64_t>(i) + 1;
        request.alternatives = 0;
        request.cacheNorms = false;
        GenerateObserver silent;
        auto told = session->generate(request, silent, stop);
        if (!told && stop.stop_requested()) break;
        const GenerateSummary written = valueOrThrow(std::move(told));
        if (written.stopReason == StopReason::Cancelled) break;
        samples.push_back({request.prompt, *request.seed, kTemperature, written.text});
    }
    return samples;
}

std::string samplesLine(const StepSamples& samples) {
    Json stories = Json::array();
    for (const SampleStory& s : samples.stories)
        stories.push_back({{"prompt", s.prompt}, {"seed", s.seed}, {"temperature", s.temperature}, {"text", s.text}});
    return Json{{"step", samples.step}, {"stories", std::move(stories)}}.dump();
}

std::vector<StepSamples> readSamples(const std::filesystem::path& file) {
    std::vector<StepSamples> all;
    if (!fileExists(file)) return all;
    LineReader lines(file, kLongestLine);
    while (const auto line = lines.next()) {
        const Json json = Json::parse(*line, nullptr, false);  // a line that a kill cut short is none
        if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer() || !json.contains("stories")) continue;
        StepSamples samples{json["step"].get<std::int64_t>(), {}};
        for (const Json& s : json["stories"]) {
            const auto text = [&s](const char* key) {
                return s.is_object() && s.contains(key) && s[key].is_string() ? s[key].get<std::string>() : std::string();
            };
            const auto number = [&s](const char* key) {
                return s.is_object() && s.contains(key) && s[key].is_number() ? s[key].get<double>() : 0.0;
            };
            samples.stories.push_back(
                {text("prompt"), static_cast<std::uint64_t>(std::clamp(number("seed"), 0.0, 9e15)), number("temperature"), text("text")});
        }
        all.push_back(std::move(samples));
    }
    return all;
}

}  // namespace loom
