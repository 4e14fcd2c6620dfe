// SPDX-License-Identifier: GPL-3.0-or-later
// A training backend made of gates: one step when the test lets it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/session/training_backend.h"
#include "fake_engine.h"

namespace loom::test {

/// What the test tells the fake and what the fake tells the test.
struct TrainScript {
    Gate step, plan, list;
    bool stepsWait = false;  ///< each step waits for the gate
    bool plansWait = false;  ///< the measured plan does
    bool listsWait = false;
    std::int64_t steps = 40;
    std::int64_t askAtStep = -1;
    PauseCause cause = PauseCause::Outlier;
    std::int64_t failAtStep = -1;
    std::string listProblem;

    std::atomic<std::int64_t> done{0};  ///< steps
    std::atomic<std::int64_t> plans{0};
    std::atomic<int> nice{-1};  ///< of the training thread
    std::atomic<bool> gone{false};
    std::mutex mutex;
    std::vector<RunSummary> runs;
    std::vector<TrainAnswer> answers;
    std::vector<TrainSetup> setups;
    std::vector<std::string> calls;  ///< "rename /runs/a kite", …
    std::vector<std::string> resumed;
};

[[nodiscard]] std::unique_ptr<session::TrainingBackend> makeFakeTraining(std::shared_ptr<TrainScript> script);

}  // namespace loom::test
