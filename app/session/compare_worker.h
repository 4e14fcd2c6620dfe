// SPDX-License-Identifier: GPL-3.0-or-later
// CompareWorker: opens those who are compared and moves their common clock, in the Compare lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include <QObject>
#include <QString>

#include "app/session/engine_factory.h"
#include "core/data/time_grid.h"
#include "core/data/twin_update.h"

namespace loom {
class TwinDecode;
}

namespace loom::session {

/// Lives in the lane's thread, where everything but setPace() is called. `story` numbers what begin() began, `job` one call of run().
class CompareWorker final : public QObject {
    Q_OBJECT
public:
    explicit CompareWorker(const EngineFactory& factory);
    ~CompareWorker() override;

    /// Opens what is not opened yet and begins a story; ends with begun() or failed().
    void begin(JobId story, const TwinWish& wish, const std::stop_token& stop);
    /// Takes at most `most` ticks; ends with rested() or failed(). Does nothing but rested() where no story has begun.
    void run(JobId story, JobId job, std::int64_t most, const std::stop_token& stop);
    /// Measures those of the story over context × stories; ends with measured() or failed(). A whole grid is remembered by this machine.
    void measure(JobId story, JobId job, const TimeAxes& axes, const std::stop_token& stop);
    /// Gives everything back.
    void close();
    /// Ticks per second from now on; 0 = as fast as the networks compute. Any thread.
    void setPace(int ticksPerSecond) { m_pace = ticksPerSecond; }

signals:
    void begun(loom::JobId story, std::shared_ptr<const std::vector<loom::TwinContestant>> contestants);
    void updated(loom::JobId story, std::shared_ptr<const loom::TwinUpdate> update);
    void rested(loom::JobId story, loom::JobId job, bool ended);
    /// What this machine remembers of those who begin; null = nothing.
    void remembered(loom::JobId story, std::shared_ptr<const loom::TimeGrid> grid);
    void measuring(loom::JobId job, std::shared_ptr<const loom::TimeGrid> grid, qint64 done, qint64 all);
    /// `whole`: it was not stopped.
    void measured(loom::JobId job, std::shared_ptr<const loom::TimeGrid> grid, bool whole);
    void failed(loom::JobId story, const QString& message);

private:
    void open(const TwinWish& wish, const std::stop_token& stop);
    void send(JobId story, std::vector<TwinTick>& ticks);

    std::unique_ptr<Engine> m_engine;
    std::unique_ptr<TwinDecode> m_decode;
    std::vector<TwinChoice> m_choices;  ///< that m_decode was made of
    PrecisionChoice m_precision = PrecisionChoice::Auto;
    std::atomic<int> m_pace{0};
};

}  // namespace loom::session
