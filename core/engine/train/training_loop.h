// SPDX-License-Identifier: GPL-3.0-or-later
// TrainingLoop: steps, measurements, checkpoints, and what happens when something goes wrong.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/engine/evaluate/evaluate.h"
#include "core/engine/train/loss_watch.h"
#include "core/engine/train/moving_average.h"
#include "core/engine/train/run_data.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/run_samples.h"
#include "core/engine/train/training_run.h"

namespace loom {

class TrainingLoop {
public:
    /// Everything outlives it. `summary` is filled as the loop goes. With `account`, which the trainer counts in, points say what memory
    /// was taken.
    TrainingLoop(const RunFolder& folder, const TrainConfig& config, const RunData& data, TrainableModel& trainer, TrainObserver& observer,
                 std::stop_token stop, TrainSummary& summary, const MemoryAccount* account = nullptr);

    /// Puts the saved state into the trainer, or saves the first one.
    void restore(bool resumed);
    /// Until the last step, a stop request, patience at its end, or an Error: begin(), advance() while it is true, end().
    void go();
    /// For loops that take turns. Only the time inside advance() counts.
    void begin();
    /// One step, with the measurement, checkpoint and stories that are due after it; false where there is nothing left to do.
    [[nodiscard]] bool advance();
    /// Saves what is not saved yet, where the last step was not reached.
    void end();
    [[nodiscard]] std::int64_t steps() const { return m_step; }  ///< done
    [[nodiscard]] const std::vector<TrainPoint>& points() const { return m_points; }
    /// Writes the model card with what is known so far.
    void card(const std::optional<Evaluation>& result, const std::vector<SampleStory>& samples) const;

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] bool due(std::int64_t every) const;
    [[nodiscard]] double seconds() const;
    [[nodiscard]] double validationLoss();
    /// The weights that are measured and written: the moving average where one is kept.
    [[nodiscard]] std::vector<TensorToWrite> published();
    /// One optimiser step; false where the loop shall end or begin again from the saved state.
    bool step(double rate, StepResult& result);
    void advanceOnce();
    [[nodiscard]] std::optional<std::int64_t> memoryNow() const;
    void measure(TrainPoint& point);
    void sample();
    void checkpoint();
    void rollBack();
    void tell(const TrainPoint& point, double took);
    /// Does what writes into the run's folder; asks what to do where that fails.
    void write(const std::function<void()>& body);

    const RunFolder& m_folder;
    const TrainConfig& m_config;
    const TrainSettings& m_settings;
    const RunData& m_data;
    TrainableModel& m_trainer;
    TrainObserver& m_observer;
    std::stop_token m_stop;
    TrainSummary& m_summary;

    std::vector<TrainPoint> m_points;
    LossWatch m_watch;
    std::deque<double> m_times;  ///< seconds of the last steps
    std::int64_t m_step = 0;
    std::int64_t m_saved = 0;
    double m_rateFactor = 1.0;  ///< halved by each roll-back
    const MemoryAccount* m_account;
    std::optional<MovingAverage> m_average;    ///< where training.ema asks for one
    double m_secondsBefore = 0;                ///< inside advance(), in this process and before
    std::optional<Clock::time_point> m_start;  ///< of the advance() that goes on
    double m_secondsAtBegin = 0;
    std::int64_t m_begun = 0;  ///< step at begin()
    std::int64_t m_worse = 0;  ///< measurements since the best one
};

}  // namespace loom
