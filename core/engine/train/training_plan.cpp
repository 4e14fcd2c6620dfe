// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/training_plan.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "core/data/cache_budget.h"
#include "core/data/error.h"
#include "core/engine/api/lab.h"
#include "core/engine/generate/philox.h"
#include "core/engine/memory/free_memory.h"
#include "core/engine/train/initial_weights.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kUsable = 0.9;  ///< of what the system says it could give

std::string spaced(std::int64_t value) {
    std::string text = std::to_string(value);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
    return text;
}

std::string about(double value, const char* unit) {
    std::array<char, 48> room{};
    std::snprintf(room.data(), room.size(), "%.*f %s", value < 10 ? 1 : 0, value, unit);
    return room.data();
}

std::string parametersText(std::int64_t count) {
    const auto value = static_cast<double>(count);
    if (value >= 1e9) return about(value / 1e9, "billion parameters");
    if (value >= 1e6) return about(value / 1e6, "million parameters");
    return spaced(count) + " parameters";
}

std::string sentenceOf(const TrainingPlan& plan) {
    std::string text = parametersText(plan.parameters) + ", " + readableBytes(plan.memory.total()) + " of memory";
    if (plan.available)
        text += (plan.fits ? " where " : ", but only ") + readableBytes(*plan.available) + (plan.fits ? " are free" : " are free");
    text += "; " + spaced(plan.steps) + " steps of " + spaced(plan.tokensPerStep) + " tokens";
    if (const auto seconds = plan.seconds()) text += ", about " + durationText(*seconds);
    return text + ".";
}

/// Rows of made-up tokens.
TokenBatch madeUp(std::int64_t rows, std::int64_t context, std::int64_t vocab) {
    TokenBatch batch;
    batch.rows = rows;
    for (std::int64_t i = 0; i < rows * context; ++i) {
        const auto random = philox4x32({static_cast<std::uint32_t>(i), 0, 0, 0}, {7, 7});
        batch.inputs.push_back(random[0] % vocab);
        batch.targets.push_back(random[1] % vocab);
    }
    return batch;
}

}  // namespace

std::string durationText(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    const auto two = [](std::int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    if (whole >= 86'400) return std::to_string(whole / 86'400) + " d " + two(whole % 86'400 / 3600) + " h";
    if (whole >= 3600) return std::to_string(whole / 3600) + " h " + two(whole % 3600 / 60) + " min";
    if (whole >= 60) return std::to_string(whole / 60) + " min " + two(whole % 60) + " s";
    return std::to_string(whole) + " s";
}

TrainingPlan planTraining(const TrainConfig& config, std::optional<double> secondsPerStep, std::optional<std::int64_t> available) {
    TrainingPlan plan;
    const ParameterCount count = countParameters(config.model);
    plan.parameters = count.total;
    plan.nonEmbedding = count.nonEmbedding;
    plan.tokensPerStep = config.training.tokensPerStep();
    plan.steps = config.training.steps;
    plan.memory = trainingMemory(config.model, config.training);
    plan.available = available ? available : freeMemory();
    plan.secondsPerStep = secondsPerStep;
    completePlan(plan);
    return plan;
}

void completePlan(TrainingPlan& plan) {
    plan.fits = !plan.available || static_cast<double>(plan.memory.total()) <= kUsable * static_cast<double>(*plan.available);
    plan.sentence = sentenceOf(plan);
}

void requireFits(const TrainingPlan& plan, const std::string& where) {
    if (plan.fits) return;
    const TrainingMemory& m = plan.memory;
    const bool rows = m.activations > m.weights + m.optimiser;
    throw Error{"The run needs " + readableBytes(m.total()) + " of memory, of which " + readableBytes(m.activations) +
                    " are for the rows computed at once, and only " + readableBytes(*plan.available) + " are free",
                where,
                rows ? "Choose a smaller training.batch with more training.accumulation, or a shorter training.context"
                     : "Choose a smaller network, or close other programs"};
}

double measureStep(const TrainConfig& config, const TrainingPlace& place, double budget, const MeasureProgress& progress,
                   std::stop_token stop) {
    constexpr int kMostSteps = 9;
    const TrainSettings& s = config.training;
    MemoryAccount account;
    const TrainerOptions options{place.device, place.threads, s.precision, s.adamW, s.clip, s.dropout, s.seed};
    const auto trainer = valueOrThrow(valueOrThrow(loadLab())->buildTrainable(initialCheckpoint(config.model, s.seed), options, account));
    std::int64_t taken = 0;
    const auto timeOf = [&](const std::vector<TokenBatch>& batches) {
        const auto start = Clock::now();
        (void)valueOrThrow(trainer->step(batches, 0.0, ++taken, stop));
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    if (progress) progress(0, kMostSteps);
    const std::vector<TokenBatch> one{madeUp(1, s.context, config.model.vocab)};
    (void)timeOf(one);  // warms up
    const double single = timeOf(one);
    const std::int64_t rows = s.batch * s.accumulation;
    if (rows == 1) return single;
    if (single * static_cast<double>(rows) > budget) {  // too long to be done whole: what a row more takes, times their number
        const double two = timeOf({madeUp(std::min<std::int64_t>(2, s.batch), s.context, config.model.vocab)});
        const double more = s.batch > 1 ? std::max(two - single, 0.0) : single;
        return single + more * static_cast<double>(rows - 1);
    }
    const std::vector<TokenBatch> whole(static_cast<std::size_t>(s.accumulation), madeUp(s.batch, s.context, config.model.vocab));
    std::vector<double> times{timeOf(whole)};
    for (double spent = times.front(); std::ssize(times) < kMostSteps && spent + times.back() < budget; spent += times.back()) {
        if (progress) progress(std::ssize(times), kMostSteps);
        times.push_back(timeOf(whole));
    }
    if (progress) progress(kMostSteps, kMostSteps);
    if (times.size() > 2) times.erase(times.begin());  // the first one takes its memory from the system
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

}  // namespace loom
