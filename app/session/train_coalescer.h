// SPDX-License-Identifier: GPL-3.0-or-later
// TrainCoalescer: turns what a run reports for every step into at most 10 updates a second, and its questions into answers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "core/data/train_update.h"
#include "core/engine/train/training_run.h"

namespace loom::session {

inline constexpr std::chrono::milliseconds kTrainInterval{100};

/// Where an answer is waited for. The window's thread gives it, the training thread takes it.
class AnswerBox {
public:
    void give(TrainAnswer answer);
    /// Before a question is asked: an answer to an older one is none.
    void clear();
    /// Waits; Stop where the run is asked to stop meanwhile.
    [[nodiscard]] TrainAnswer wait(const std::stop_token& stop);

private:
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::optional<TrainAnswer> m_answer;
};

/// Lives on the training thread for one run. Nothing is lost: what waits when the run ends goes out with finish().
class TrainCoalescer final : public TrainObserver {
public:
    using Clock = std::chrono::steady_clock;
    struct Hooks {
        std::function<void(TrainUpdate&&)> send;
        std::function<TrainAnswer(const TrainQuestion&)> ask;  ///< waits for the answer
        std::function<Clock::time_point()> now = [] { return Clock::now(); };
    };
    TrainCoalescer(std::string folder, Hooks hooks);

    void onPhase(const std::string& what, std::int64_t done, std::int64_t total) override;
    void onNote(const std::string& text) override;
    void onStep(const TrainProgress& progress) override;
    void onSamples(const StepSamples& samples) override;
    PauseAnswer onPause(const TrainPause& pause) override;
    void finish();
    /// Between two updates; kTrainInterval unless it is set.
    void setInterval(std::chrono::milliseconds interval) { m_interval = interval; }

private:
    void sendIfDue();
    void send(Clock::time_point now);

    Hooks m_hooks;
    std::string m_folder;
    TrainUpdate m_waiting;
    bool m_hasWaiting = false;
    std::optional<Clock::time_point> m_lastSent;
    std::chrono::milliseconds m_interval = kTrainInterval;
};

/// The question that a pause puts to a person.
[[nodiscard]] TrainQuestion questionOf(const TrainPause& pause);
[[nodiscard]] StepStories storiesOf(const StepSamples& samples);

}  // namespace loom::session
