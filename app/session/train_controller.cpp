// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/train_controller.h"

#include <optional>
#include <stop_token>
#include <string>

#include "app/session/engine_lane.h"
#include "app/session/engine_training.h"
#include "app/session/mailbox.h"
#include "app/session/train_worker.h"

namespace loom::session {
namespace {

/// A question of which only the newest counts.
struct Latest {
    JobId id;
    std::stop_source stop{std::nostopstate};

    void begin(JobId job) {
        stop.request_stop();
        id = job;
        stop = std::stop_source();
    }
};

}  // namespace

/// Members are destroyed from the bottom up: lanes first (they wait for their threads), then what ran in them.
struct TrainPrivate {
    explicit TrainPrivate(const TrainingFactory& factory)
        : backend(factory()), answers(std::make_shared<AnswerBox>()), trainer(backend, answers), keeper(backend), planner(backend) {
        training.adopt(trainer);
        runs.adopt(keeper);
        planning.adopt(planner);
    }
    ~TrainPrivate() {
        for (Latest* job : {&run, &planJob, &lookJob, &listJob}) job->stop.request_stop();
        planning.shutDown();
        runs.shutDown();
        training.shutDown();
    }

    JobId nextJob() { return JobId{++lastJob}; }

    std::shared_ptr<TrainingBackend> backend;
    std::shared_ptr<AnswerBox> answers;
    std::int64_t lastJob = 0;
    Latest run, planJob, lookJob, listJob;
    QString folder;     ///< of the run or the group that is going on
    QStringList going;  ///< its runs

    Mailbox inbox;  ///< lives in the GUI thread
    TrainWorker trainer;
    RunsWorker keeper;
    RunsWorker planner;
    EngineLane training{QStringLiteral("training")};
    EngineLane runs{QStringLiteral("runs")};
    EngineLane planning{QStringLiteral("planning")};
};

TrainController::TrainController(QObject* parent) : TrainController([] { return makeEngineTraining(); }, parent) {}

TrainController::TrainController(const TrainingFactory& factory, QObject* parent)
    : QObject(parent), d(std::make_unique<TrainPrivate>(factory)) {
    const auto isRun = [this](JobId job) { return !d->folder.isEmpty() && d->run.id == job; };
    d->inbox.deliver(d->trainer, &TrainWorker::updated, [this, isRun](JobId job, const std::shared_ptr<const TrainUpdate>& update) {
        if (isRun(job)) emit updated(update);
    });
    d->inbox.deliver(d->trainer, &TrainWorker::asked, [this, isRun](JobId job, const std::shared_ptr<const TrainQuestion>& question) {
        if (isRun(job)) emit asked(question);
    });
    d->inbox.deliver(d->trainer, &TrainWorker::ended, [this, isRun](JobId job, const std::shared_ptr<const TrainEnd>& end) {
        if (!isRun(job)) return;
        d->folder.clear();
        d->going.clear();
        emit ended(end);
        refreshRuns();
    });
    d->inbox.deliver(d->trainer, &TrainWorker::failed, [this, isRun](JobId job, const QString& message) {
        if (!isRun(job)) return;
        const QString folder = std::exchange(d->folder, QString());
        d->going.clear();
        emit trainingFailed(folder, message);
        refreshRuns();
    });
    d->inbox.deliver(d->keeper, &RunsWorker::listed, [this](JobId job, const std::shared_ptr<const std::vector<RunSummary>>& runs) {
        if (job == d->listJob.id) emit runsListed(runs);
    });
    d->inbox.deliver(d->keeper, &RunsWorker::wasRead,
                     [this](JobId, const std::shared_ptr<const RunDetail>& record) { emit runRead(record); });
    d->inbox.deliver(d->keeper, &RunsWorker::done, [this](JobId, const QString& message) {
        if (!message.isEmpty()) emit said(message);
        refreshRuns();
    });
    d->inbox.deliver(
        d->keeper, &RunsWorker::referencesRead,
        [this](JobId, const std::shared_ptr<const std::vector<ReferenceCurve>>& references) { emit referencesRead(references); });
    d->inbox.deliver(d->keeper, &RunsWorker::looked, [this](JobId job, const std::shared_ptr<const DataLook>& look) {
        if (job == d->lookJob.id) emit looked(look);
    });
    d->inbox.deliver(d->keeper, &RunsWorker::failed, [this](JobId job, const QString& message) {
        if (job == d->lookJob.id) return emit lookFailed(message);
        emit failed(message);
    });
    d->inbox.deliver(d->planner, &RunsWorker::planned, [this](JobId job, const std::shared_ptr<const TrainingPlan>& plan, bool final) {
        if (job == d->planJob.id) emit planned(plan, final);
    });
    d->inbox.deliver(d->planner, &RunsWorker::measuring, [this](JobId job, qint64 done, qint64 total) {
        if (job == d->planJob.id) emit measuring(done, total);
    });
    d->inbox.deliver(d->planner, &RunsWorker::failed, [this](JobId job, const QString& message) {
        if (job == d->planJob.id) emit planFailed(message);
    });
}

TrainController::~TrainController() = default;

std::vector<TrainChoice> TrainController::choices() const { return d->backend->choices(); }

void TrainController::readReferences(const QString& models) {
    d->runs.run([worker = &d->keeper, job = d->nextJob(), folder = models.toStdString()] { worker->readReferences(job, folder); });
}

QString TrainController::start(const TrainSetup& setup) {
    if (isTraining()) return {};
    const QString folder = QString::fromStdString(d->backend->folderFor(setup));
    begin(folder, &setup);
    return folder;
}

void TrainController::resume(const QString& folder) {
    if (!isTraining()) begin(folder, nullptr);
}

void TrainController::begin(const QString& folder, const TrainSetup* setup) {
    d->planJob.begin(d->nextJob());  // a measurement beside a run says little
    d->run.begin(d->nextJob());
    d->folder = folder;
    d->going.clear();
    for (const std::string& run : d->backend->runsIn(folder.toStdString(), setup)) d->going += QString::fromStdString(run);
    std::optional<TrainSetup> wish;
    if (setup != nullptr) wish = *setup;
    d->training.run([worker = &d->trainer, job = d->run.id, path = folder.toStdString(), wish, token = d->run.stop.get_token()] {
        worker->train(job, path, wish, token);
    });
    emit started(folder, d->going);
}

void TrainController::stop() {
    if (isTraining()) d->run.stop.request_stop();
}

void TrainController::answer(TrainAnswer answer) { d->answers->give(answer); }

bool TrainController::isTraining() const { return !d->folder.isEmpty(); }
QString TrainController::folder() const { return d->folder; }
QStringList TrainController::runs() const { return d->going; }

std::vector<LaneState> TrainController::lanes() const {
    // Of the last two lanes only the newest job is known by its number.
    const auto newest = [](const EngineLane& lane, const Latest& job) { return lane.jobs() > 0 ? job.id : JobId{}; };
    return {d->training.state("training", isTraining() ? d->run.id : JobId{}), d->runs.state("runs", newest(d->runs, d->listJob)),
            d->planning.state("planning", newest(d->planning, d->planJob))};
}

void TrainController::plan(const TrainSetup& setup) {
    d->planJob.begin(d->nextJob());
    d->planning.run(
        [worker = &d->planner, job = d->planJob.id, setup, token = d->planJob.stop.get_token()] { worker->plan(job, setup, token); });
}

void TrainController::look(const TrainSetup& setup) {
    d->lookJob.begin(d->nextJob());
    d->runs.run(
        [worker = &d->keeper, job = d->lookJob.id, setup, token = d->lookJob.stop.get_token()] { worker->look(job, setup, token); });
}

void TrainController::refreshRuns() {
    d->listJob.begin(d->nextJob());
    d->runs.run([worker = &d->keeper, job = d->listJob.id, token = d->listJob.stop.get_token()] { worker->list(job, token); });
}

void TrainController::readRun(const QString& folder) {
    d->runs.run([worker = &d->keeper, job = d->nextJob(), path = folder.toStdString()] { worker->read(job, path); });
}

void TrainController::rename(const QString& folder, const QString& name) {
    d->runs.run([worker = &d->keeper, job = d->nextJob(), path = folder.toStdString(), text = name.toStdString()] {
        worker->rename(job, path, text);
    });
}

void TrainController::setNotes(const QString& folder, const QString& notes) {
    d->runs.run([worker = &d->keeper, job = d->nextJob(), path = folder.toStdString(), text = notes.toStdString()] {
        worker->setNotes(job, path, text);
    });
}

void TrainController::moveToTrash(const QString& folder) {
    d->runs.run([worker = &d->keeper, job = d->nextJob(), path = folder.toStdString()] { worker->moveToTrash(job, path); });
}

void TrainController::exportRuns(const QStringList& folders, const QString& file) {
    std::vector<std::string> paths;
    for (const QString& folder : folders) paths.push_back(folder.toStdString());
    d->runs.run([worker = &d->keeper, job = d->nextJob(), paths, name = file.toStdString()] { worker->exportRuns(job, paths, name); });
}

}  // namespace loom::session
