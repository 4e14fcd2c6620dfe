// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/evaluate/precision_loss.h"

#include <algorithm>
#include <string>

#include "core/data/error.h"
#include "core/engine/stories/story_maker.h"

namespace loom {
namespace {

PrecisionChoice choiceOf(Precision precision) { return *precisionChoiceNamed(name(precision)); }

}  // namespace

std::vector<PrecisionLoss> measurePrecisions(Engine& engine, const OpenModel& model, const std::vector<std::string>& stories,
                                             const NetworkOptions& options, const std::function<void(std::int64_t, std::int64_t)>& progress,
                                             std::stop_token stop) {
    std::vector<PrecisionLoss> losses;
    const auto all = static_cast<std::int64_t>(kPrecisions.size()) * std::ssize(stories);
    for (const Precision precision : kPrecisions) {
        NetworkOptions as = options;
        as.precision = choiceOf(precision);
        const auto network = valueOrThrow(engine.network(model, as, stop));
        const NetworkFacts facts = network->facts();
        if (!facts.fast) throw Error{"This model has no other precisions", pathText(model.checkpoint().path), facts.whyReference};
        EvaluateOptions how;
        const std::int64_t before = std::ssize(losses) * std::ssize(stories);
        if (progress) how.progress = [&](std::int64_t done, std::int64_t) { progress(before + done, all); };
        losses.push_back({precision, evaluate(model, logitsOf(*network), stories, how, stop).loss(), facts.weightBytes});
    }
    return losses;
}

std::vector<PrecisionLoss> measurePrecisionsOnMadeStories(Engine& engine, const OpenModel& model, std::int64_t count,
                                                          const NetworkOptions& options, std::stop_token stop) {
    constexpr std::uint64_t kSeed = 20;  // apart from the seeds that people train with
    std::vector<std::string> stories;
    for (std::int64_t i = 0; i < count; ++i) stories.push_back(makeStory(kSeed, i));
    return measurePrecisions(engine, model, stories, options, {}, std::move(stop));
}

double relativeLoss(const std::vector<PrecisionLoss>& losses, Precision precision) {
    const auto lossOf = [&](Precision wanted) {
        const auto found = std::find_if(losses.begin(), losses.end(), [&](const PrecisionLoss& l) { return l.precision == wanted; });
        return found == losses.end() ? 0.0 : found->loss;
    };
    const double exact = lossOf(Precision::F32);
    return exact > 0 ? lossOf(precision) / exact - 1 : 0;
}

}  // namespace loom
