// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/compare_controller.h"

#include <limits>
#include <stop_token>

#include "app/session/compare_worker.h"
#include "app/session/engine_lane.h"
#include "app/session/mailbox.h"
#include "core/engine/api/engine.h"

namespace loom::session {

/// Members are destroyed from the bottom up: the lane first (it waits for its thread), then what ran in it.
struct ComparePrivate {
    explicit ComparePrivate(const EngineFactory& factory) : worker(factory) { lane.adopt(worker); }
    ~ComparePrivate() {
        stop.request_stop();
        lane.shutDown();
    }
    /// A new job; the one before is asked to stop.
    JobId next() {
        stop.request_stop();
        stop = std::stop_source();
        return JobId{++lastJob};
    }

    std::int64_t lastJob = 0;
    JobId story, job, measure;
    bool playWhenBegun = false;
    TwinState state = TwinState::Empty;
    std::stop_source stop{std::nostopstate};  ///< of what runs in the lane

    Mailbox inbox;  ///< lives in the GUI thread
    CompareWorker worker;
    EngineLane lane{QStringLiteral("compare")};
};

CompareController::CompareController(QObject* parent) : CompareController([] { return Engine::create({}); }, parent) {}

CompareController::CompareController(const EngineFactory& factory, QObject* parent)
    : QObject(parent), d(std::make_unique<ComparePrivate>(factory)) {
    d->inbox.deliver(d->worker, &CompareWorker::begun,
                     [this](JobId story, const std::shared_ptr<const std::vector<TwinContestant>>& contestants) {
                         if (story != d->story || d->state != TwinState::Opening) return;
                         emit begun(contestants);
                         setState(TwinState::Paused);
                         if (d->playWhenBegun) play();
                     });
    d->inbox.deliver(d->worker, &CompareWorker::updated, [this](JobId story, const std::shared_ptr<const TwinUpdate>& update) {
        if (story == d->story) emit updated(update);
    });
    d->inbox.deliver(d->worker, &CompareWorker::rested, [this](JobId story, JobId job, bool ended) {
        if (story == d->story && job == d->job) setState(ended ? TwinState::Ended : TwinState::Paused);
    });
    d->inbox.deliver(d->worker, &CompareWorker::remembered, [this](JobId story, const std::shared_ptr<const TimeGrid>& grid) {
        if (story == d->story) emit timesChanged(grid);
    });
    d->inbox.deliver(d->worker, &CompareWorker::measuring,
                     [this](JobId job, const std::shared_ptr<const TimeGrid>& grid, qint64 done, qint64 all) {
                         if (job != d->measure) return;
                         emit timesChanged(grid);
                         emit measuring(done, all);
                     });
    d->inbox.deliver(d->worker, &CompareWorker::measured, [this](JobId job, const std::shared_ptr<const TimeGrid>& grid, bool) {
        if (job != d->measure) return;
        if (grid) emit timesChanged(grid);
        endMeasuring();
    });
    d->inbox.deliver(d->worker, &CompareWorker::failed, [this](JobId story, const QString& message) {
        if (story != d->story) return;
        endMeasuring();
        d->story = JobId{};
        setState(TwinState::Empty);
        emit failed(message);
    });
}

CompareController::~CompareController() = default;

void CompareController::begin(const TwinWish& wish, bool play) {
    endMeasuring();
    d->story = d->next();
    d->playWhenBegun = play;
    setState(TwinState::Opening);
    d->lane.run([worker = &d->worker, story = d->story, wish, stop = d->stop.get_token()] { worker->begin(story, wish, stop); });
}

void CompareController::run(std::int64_t most) {
    if (d->state != TwinState::Paused) return;
    endMeasuring();
    d->job = d->next();
    setState(TwinState::Playing);
    d->lane.run(
        [worker = &d->worker, story = d->story, job = d->job, most, stop = d->stop.get_token()] { worker->run(story, job, most, stop); });
}

void CompareController::play() { run(std::numeric_limits<std::int64_t>::max()); }
void CompareController::step() { run(1); }

void CompareController::pause() {
    d->playWhenBegun = false;
    if (d->state == TwinState::Playing) d->stop.request_stop();
}

void CompareController::measureTimes(const TimeAxes& axes) {
    if (d->state == TwinState::Empty || d->state == TwinState::Opening || isMeasuring()) return;
    const bool playing = d->state == TwinState::Playing;
    d->measure = d->next();
    if (playing) d->job = JobId{};  // whoever rests now has nothing more to say
    d->lane.run([worker = &d->worker, story = d->story, job = d->measure, axes, stop = d->stop.get_token()] {
        worker->measure(story, job, axes, stop);
    });
    if (playing) setState(TwinState::Paused);
    emit measuring(0, 0);
}

void CompareController::cancelMeasuring() {
    if (isMeasuring()) d->stop.request_stop();
}

bool CompareController::isMeasuring() const { return d->measure != JobId{}; }

void CompareController::endMeasuring() {
    if (!isMeasuring()) return;
    d->measure = JobId{};
    emit measuringEnded();
}

void CompareController::close() {
    endMeasuring();
    d->story = d->next();
    setState(TwinState::Empty);
    d->lane.run([worker = &d->worker] { worker->close(); });
}

void CompareController::setPace(int tokensPerSecond) { d->worker.setPace(tokensPerSecond); }
TwinState CompareController::state() const { return d->state; }

LaneState CompareController::lane() const {
    const JobId writing = d->state == TwinState::Playing ? d->job : d->state == TwinState::Opening ? d->story : JobId{};
    return d->lane.state("compare", isMeasuring() ? d->measure : writing);
}

void CompareController::setState(TwinState state) {
    if (state == d->state) return;
    d->state = state;
    emit stateChanged(state);
}

}  // namespace loom::session
