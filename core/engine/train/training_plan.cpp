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

constexpr std::int64_t kProbeTokens = 64;  ///< of the first measurement, which says how much more can be measured
constexpr double kUsable = 0.9;            ///< of what the system says it could give

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
    const TrainerOptions options{place.device, place.threads, s.precision, s.adamW, s.clip, s.dropout, s.seed, s.balancing};
    const auto trainer = valueOrThrow(valueOrThrow(loadLab())->buildTrainable(initialCheckpoint(config.model, s.seed), options, account));
    std::int64_t taken = 0;
    const auto timeOf = [&](const std::vector<TokenBatch>& batches) {
        const auto start = Clock::now();
        (void)valueOrThrow(trainer->step(batches, 0.0, ++taken, stop));
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    const auto timeOfRow = [&](std::int64_t tokens) { return timeOf({madeUp(1, tokens, config.model.vocab)}); };
    if (progress) progress(0, kMostSteps);
    const std::int64_t probe = std::min(kProbeTokens, s.context);
    (void)timeOfRow(std::max<std::int64_t>(1, probe / 4));  // warms up
    const double probed = timeOfRow(probe);
    const auto tokens = static_cast<double>(s.tokensPerStep());
    const double perToken = probed / static_cast<double>(probe);
    if (perToken * tokens > budget) {  // too long to be done whole: what a token more takes in one row, times their number
        const auto affordable = static_cast<std::int64_t>(budget / 2 / perToken);
        const std::int64_t row = std::clamp(affordable, probe, s.context);
        const double whole = timeOfRow(row);
        const double half = timeOfRow(std::max<std::int64_t>(1, row / 2));
        const double more = std::max(whole - half, whole / 4) / static_cast<double>(row - row / 2);
        if (progress) progress(kMostSteps, kMostSteps);
        return whole + more * (tokens - static_cast<double>(row));
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
