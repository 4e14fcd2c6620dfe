// SPDX-License-Identifier: GPL-3.0-or-later
// Runs as values, for the tests of the Train page.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "core/data/train_update.h"
#include "core/data/training_plan.h"

namespace loom::test {

/// Steps 1 … count: a loss that falls from 8, measured on held-out stories every tenth step.
inline std::vector<TrainPoint> fallingPoints(std::int64_t count, std::int64_t from = 1) {
    std::vector<TrainPoint> points;
    for (std::int64_t step = from; step < from + count; ++step) {
        TrainPoint point;
        point.step = step;
        point.loss = 2 + 6 / std::sqrt(static_cast<double>(step));
        point.learningRate = 1e-3;
        point.gradientNorm = 1;
        point.seconds = 0.5 * static_cast<double>(step);
        point.tokens = 1000 * step;
        if (step % 10 == 0) point.validationLoss = point.loss + 0.1;
        point.memoryBytes = 50'000'000;
        points.push_back(point);
    }
    return points;
}

inline RunSummary runNamed(const std::string& name, RunState state = RunState::Finished) {
    RunSummary run;
    run.folder = "/runs/" + name;
    run.name = name;
    run.state = state;
    run.step = 40;
    run.steps = state == RunState::Finished ? 40 : 100;
    run.loss = 2.9;
    run.form = "MLA (joint latent)";
    run.parameters = 1'200'000;
    return run;
}

inline StepStories storiesAt(std::int64_t step) {
    return {step, {{"Once upon a time", " story of step " + std::to_string(step), 1, 0.8}, {"Tom", " had a ball & a <kite>.", 2, 0.8}}};
}

inline RunDetail detailOf(const RunSummary& run, std::int64_t points = 40) {
    return {run, fallingPoints(points), {storiesAt(20), storiesAt(40)}, {{"training.batch", "8"}}};
}

inline TrainingPlan planFor(std::int64_t parameters) {
    TrainingPlan plan;
    plan.parameters = parameters;
    plan.nonEmbedding = parameters / 2;
    plan.tokensPerStep = 2048;
    plan.steps = 600;
    plan.memory = {4'000'000, 4'000'000, 8'000'000, 100'000'000, 0};
    plan.available = 4'000'000'000;
    plan.secondsPerStep = 0.5;
    return plan;
}

}  // namespace loom::test
