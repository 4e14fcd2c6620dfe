// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/training_loop.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/train/training_card.h"

namespace loom {
namespace {

constexpr std::size_t kRecentSteps = 50;  ///< that the speed is taken from
constexpr std::int64_t kTimelineStories = 3;

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string rounded(double value) {
    std::string text = std::to_string(std::round(value * 1000) / 1000);
    return text.substr(0, text.find('.') + 4);
}

}  // namespace

TrainingLoop::TrainingLoop(const RunFolder& folder, const TrainConfig& config, const RunData& data, TrainableModel& trainer,
                           TrainObserver& observer, std::stop_token stop, TrainSummary& summary, const MemoryAccount* account)
    : m_folder(folder),
      m_config(config),
      m_settings(config.training),
      m_data(data),
      m_trainer(trainer),
      m_observer(observer),
      m_stop(std::move(stop)),
      m_summary(summary),
      m_account(account) {}

void TrainingLoop::restore(bool resumed) {
    if (m_settings.ema > 0) m_average.emplace(m_settings.ema, m_trainer);
    MovingAverage* average = m_average ? &*m_average : nullptr;
    if (const auto restored = m_folder.restore(m_trainer, average)) {
        m_step = restored->step;
        m_secondsBefore = restored->seconds;
        m_rateFactor = restored->rateFactor;
        if (resumed) m_observer.onNote("Resuming at step " + std::to_string(m_step));
    } else {
        m_folder.writeCheckpoint(m_trainer, {}, m_settings.storage, average);  // from now on there is a checkpoint to open
    }
    m_points = m_folder.takeMetrics(m_step);
    m_saved = m_step;
    m_summary.steps = m_settings.steps;
    m_summary.step = m_step;
    for (const TrainPoint& point : m_points) {
        if (!point.validationLoss) continue;
        m_summary.validationLoss = point.validationLoss;
        if (!m_summary.best || *point.validationLoss < *m_summary.best->validationLoss) m_summary.best = point;
    }
    if (!m_points.empty()) m_summary.loss = m_points.back().loss;
}

bool TrainingLoop::due(std::int64_t every) const { return m_step == m_settings.steps || (every > 0 && m_step % every == 0); }

double TrainingLoop::seconds() const { return m_secondsBefore + (m_start ? secondsSince(*m_start) : 0.0); }

std::vector<TensorToWrite> TrainingLoop::published() { return m_average ? m_average->tensors() : valueOrThrow(m_trainer.state(false)); }

std::optional<std::int64_t> TrainingLoop::memoryNow() const {
    if (m_account == nullptr) return std::nullopt;
    const std::int64_t average = m_average ? m_average->bytes() : 0;
    return m_account->current(MemoryKind::Weights) + m_account->current(MemoryKind::Optimiser) + m_account->peak(MemoryKind::Activations) +
           average;
}

double TrainingLoop::validationLoss() {
    std::optional<AverageInUse> inUse;
    if (m_average) inUse.emplace(*m_average, m_trainer);
    double sum = 0;
    std::int64_t tokens = 0;
    for (const TokenBatch& batch : m_data.validation()) {
        sum += valueOrThrow(m_trainer.loss(batch));
        tokens += batch.tokens();
    }
    return sum / static_cast<double>(tokens);
}

void TrainingLoop::write(const std::function<void()>& body) {
    for (;;) {
        try {
            body();
            return;
        } catch (const Error& error) {
            const TrainPause pause{PauseCause::CannotWrite, error, m_step, m_saved};
            if (m_observer.onPause(pause) != PauseAnswer::Retry || m_stop.stop_requested()) throw;
        }
    }
}

void TrainingLoop::checkpoint() {
    write([this] {
        m_folder.writeCheckpoint(m_trainer, {m_step, seconds(), m_rateFactor}, m_settings.storage, m_average ? &*m_average : nullptr);
        m_saved = m_step;
        card({}, {});
    });
}

void TrainingLoop::card(const std::optional<Evaluation>& result, const std::vector<SampleStory>& samples) const {
    const std::string where = result ? std::to_string(result->stories) + " held-out stories" : "";
    const TokenCounts& c = m_data.set().counts.train;
    writeTrainingCard(m_folder.path(), {m_config, c.stories, c.bytes, c.tokens, m_points, where, result, samples});
}

void TrainingLoop::rollBack() {
    const auto restored = m_folder.restore(m_trainer, m_average ? &*m_average : nullptr);
    if (!restored) throw Error{"There is no saved state to go back to", pathText(m_folder.path()), "Begin the run again"};
    m_step = m_saved = restored->step;
    m_rateFactor *= 0.5;
    m_points = m_folder.takeMetrics(m_step);
    m_watch.clear();
    m_observer.onNote("Back at step " + std::to_string(m_step) + ", with half the learning rate from here on");
}

bool TrainingLoop::step(double rate, StepResult& result) {
    const Result<StepResult> done = m_trainer.step(m_data.batches().step(m_step + 1), rate, m_step + 1, m_stop);
    if (!done && m_stop.stop_requested()) return false;
    result = valueOrThrow(done);
    const bool outlier = result.applied && m_watch.isOutlier(result.loss);
    if (result.applied && !outlier) return true;
    const Error problem =
        outlier ? Error{"The loss jumped to " + rounded(result.loss) + " at step " + std::to_string(m_step + 1) + "; it was about " +
                            rounded(m_watch.median()),
                        pathText(m_folder.path()), "Go back to step " + std::to_string(m_saved) + ", or go on"}
                : Error{"The loss or its gradient is not finite any more at step " + std::to_string(m_step + 1), pathText(m_folder.path()),
                        "The checkpoint of step " + std::to_string(m_saved) + " is kept. Begin again with a smaller learning_rate"};
    const PauseAnswer answer = m_observer.onPause({outlier ? PauseCause::Outlier : PauseCause::NotFinite, problem, m_step + 1, m_saved});
    if (answer == PauseAnswer::RollBack) {
        rollBack();
        return false;
    }
    if (outlier && answer == PauseAnswer::GoOn) return true;
    throw Error(problem);
}

void TrainingLoop::measure(TrainPoint& point) {
    if (m_data.validation().empty()) return;
    point.validationLoss = validationLoss();
    m_summary.validationLoss = point.validationLoss;
    if (m_summary.best && *m_summary.best->validationLoss <= *point.validationLoss) return;
    m_summary.best = point;
    if (m_settings.checkpointEvery > 0) write([this] { m_folder.writeBest(published(), m_config); });
}

void TrainingLoop::sample() {
    if (m_settings.sampleTokens == 0) return;
    StepSamples samples{m_step, {}};
    write([this] { m_folder.writeModel(published(), m_settings.storage); });
    const auto engine = Engine::create({DeviceKind::Cpu, 1});
    samples.stories = writeSamples(*engine, m_folder.path(), m_settings.sampleTokens, kTimelineStories, {}, m_stop);
    if (m_stop.stop_requested()) return;
    write([&] { m_folder.appendSamples(samples); });
    m_observer.onSamples(samples);
}

void TrainingLoop::tell(const TrainPoint& point, double took) {
    m_times.push_back(took);
    if (m_times.size() > kRecentSteps) m_times.pop_front();
    const double perStep = std::accumulate(m_times.begin(), m_times.end(), 0.0) / static_cast<double>(m_times.size());
    m_observer.onStep({point, m_settings.steps, static_cast<double>(m_settings.tokensPerStep()) / perStep,
                       perStep * static_cast<double>(m_settings.steps - m_step)});
}

void TrainingLoop::go() {
    begin();
    while (advance()) {
    }
    end();
}

void TrainingLoop::begin() {
    m_secondsAtBegin = m_secondsBefore;
    m_begun = m_step;
    m_worse = 0;
    if (m_summary.best)
        m_worse = std::count_if(m_points.begin(), m_points.end(),
                                [&](const TrainPoint& p) { return p.validationLoss && p.step > m_summary.best->step; });
}

bool TrainingLoop::advance() {
    if (m_step >= m_settings.steps || m_stop.stop_requested() || m_summary.endedEarly) return false;
    m_start = Clock::now();
    const auto leave = [this] {
        m_secondsBefore = seconds();
        m_start.reset();
    };
    try {
        advanceOnce();
    } catch (...) {
        leave();
        throw;
    }
    leave();
    return true;
}

void TrainingLoop::advanceOnce() {
    const auto start = Clock::now();
    const double rate = learningRateAt(m_settings, m_step + 1) * m_rateFactor;
    StepResult result;
    if (!step(rate, result)) return;
    ++m_step;
    if (m_average) m_average->take(m_trainer, m_step);
    TrainPoint point{m_step, result.loss, rate, result.gradientNorm, seconds(), m_step * m_settings.tokensPerStep(), std::nullopt};
    point.memoryBytes = memoryNow();
    point.expertLoad = result.expertLoad;
    const bool measured = due(m_settings.evaluateEvery);
    if (measured) measure(point);
    m_points.push_back(point);
    write([&] { m_folder.appendMetrics(point); });
    if (due(m_settings.checkpointEvery)) checkpoint();
    tell(point, secondsSince(start));
    m_summary.loss = result.loss;
    m_summary.step = m_step;
    if (!measured) return;
    sample();
    m_worse = m_summary.best && m_summary.best->step == m_step ? 0 : m_worse + 1;
    if (m_settings.patience > 0 && point.validationLoss && m_worse >= m_settings.patience && m_step < m_settings.steps) {
        m_summary.endedEarly = true;
        m_observer.onNote("Ended at step " + std::to_string(m_step) + ": the validation loss has not fallen since step " +
                          std::to_string(m_summary.best->step));
    }
}

void TrainingLoop::end() {
    m_summary.stopped = m_step < m_settings.steps && !m_summary.endedEarly;
    if (m_step < m_settings.steps && m_saved != m_step) checkpoint();
    const std::int64_t here = std::max<std::int64_t>(0, m_step - m_begun);
    m_summary.seconds = seconds();
    const double spent = seconds() - m_secondsAtBegin;
    m_summary.tokensPerSecond = here > 0 && spent > 0 ? static_cast<double>(here * m_settings.tokensPerStep()) / spent : 0.0;
    m_summary.step = m_step;
    m_summary.tokens = m_step * m_settings.tokensPerStep();
}

}  // namespace loom
