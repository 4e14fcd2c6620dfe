// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/train_worker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "app/session/thread_priority.h"

namespace loom::session {
namespace {

QString text(const Error& error) { return QString::fromStdString(error.message()); }

/// A TrainCoalescer for a run alone, or for what concerns all twins and each of them; they share ten updates a second.
class Reports final : public TwinsObserver {
public:
    Reports(std::string folder, TrainCoalescer::Hooks hooks)
        : m_folder(std::move(folder)), m_hooks(std::move(hooks)), m_group(m_folder, m_hooks) {}

    TrainObserver& group() override { return m_group; }
    TrainObserver& twin(std::size_t, const std::string& name) override {
        if (name.empty()) return m_group;
        m_twins.push_back(std::make_unique<TrainCoalescer>(m_folder + '/' + name, m_hooks));
        for (const auto& each : m_twins) each->setInterval(kTrainInterval * std::ssize(m_twins));
        return *m_twins.back();
    }
    void finish() {
        m_group.finish();
        for (const auto& each : m_twins) each->finish();
    }

private:
    std::string m_folder;
    TrainCoalescer::Hooks m_hooks;
    TrainCoalescer m_group;
    std::vector<std::unique_ptr<TrainCoalescer>> m_twins;
};

TrainEnd endOf(const std::string& folder, const std::vector<TrainSummary>& runs) {
    TrainEnd end{folder};
    if (runs.size() > 1) end.twins = std::ssize(runs);
    for (const TrainSummary& run : runs) {
        if (end.steps == 0 || run.step < end.step) end.step = run.step;
        end.steps = std::max(end.steps, run.steps);
        end.stopped = end.stopped || run.stopped;
        end.endedEarly = end.endedEarly || run.endedEarly;
    }
    return end;
}

}  // namespace

TrainWorker::TrainWorker(std::shared_ptr<TrainingBackend> backend, std::shared_ptr<AnswerBox> answers)
    : m_backend(std::move(backend)), m_answers(std::move(answers)) {}

void TrainWorker::train(JobId job, const std::string& folder, const std::optional<TrainSetup>& setup, const std::stop_token& stop) {
    lowerPriorityOfThisThread();
    Reports observer(folder,
                     {.send = [&](TrainUpdate&& update) { emit updated(job, std::make_shared<const TrainUpdate>(std::move(update))); },
                      .ask =
                          [&](const TrainQuestion& question) {
                              m_answers->clear();
                              emit asked(job, std::make_shared<const TrainQuestion>(question));
                              return m_answers->wait(stop);
                          }});
    const auto runs = m_backend->train(folder, setup ? &*setup : nullptr, observer, stop);
    observer.finish();
    if (!runs) return emit failed(job, text(runs.error()));
    emit ended(job, std::make_shared<const TrainEnd>(endOf(folder, *runs)));
}

RunsWorker::RunsWorker(std::shared_ptr<TrainingBackend> backend) : m_backend(std::move(backend)) {}

void RunsWorker::list(JobId job, const std::stop_token& stop) {
    auto runs = m_backend->runs(stop);
    if (stop.stop_requested()) return;
    if (!runs) return emit failed(job, text(runs.error()));
    emit listed(job, std::make_shared<const std::vector<RunSummary>>(std::move(*runs)));
}

void RunsWorker::read(JobId job, const std::string& folder) {
    auto record = m_backend->read(folder);
    if (!record) return emit failed(job, text(record.error()));
    emit wasRead(job, std::make_shared<const RunDetail>(std::move(*record)));
}

void RunsWorker::readReferences(JobId job, const std::string& models) {
    emit referencesRead(job, std::make_shared<const std::vector<ReferenceCurve>>(m_backend->references(models)));
}

void RunsWorker::rename(JobId job, const std::string& folder, const std::string& name) {
    const auto result = m_backend->rename(folder, name);
    if (!result) return emit failed(job, text(result.error()));
    emit done(job, {});
}

void RunsWorker::setNotes(JobId job, const std::string& folder, const std::string& notes) {
    const auto result = m_backend->setNotes(folder, notes);
    if (!result) return emit failed(job, text(result.error()));
    emit done(job, {});
}

void RunsWorker::moveToTrash(JobId job, const std::string& folder) {
    const auto result = m_backend->moveToTrash(folder);
    if (!result) return emit failed(job, text(result.error()));
    emit done(job, tr("The run lies in the trash now: %1. Move its folder back to undo this.").arg(QString::fromStdString(*result)));
}

void RunsWorker::exportRuns(JobId job, const std::vector<std::string>& folders, const std::string& file) {
    const auto result = m_backend->exportRuns(folders, file);
    if (!result) return emit failed(job, text(result.error()));
    emit done(job, tr("Saved as %1").arg(QString::fromStdString(file)));
}

void RunsWorker::plan(JobId job, const TrainSetup& setup, const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    lowerPriorityOfThisThread();
    const auto progress = [this, job](std::int64_t done, std::int64_t total) { emit measuring(job, done, total); };
    for (const bool measured : {false, true}) {
        auto plan = m_backend->plan(setup, measured, progress, stop);
        if (stop.stop_requested()) return;
        if (!plan) return emit failed(job, text(plan.error()));
        if (*plan) emit planned(job, std::make_shared<const TrainingPlan>(std::move(**plan)), measured);
    }
}

void RunsWorker::look(JobId job, const TrainSetup& setup, const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    auto look = m_backend->look(setup, stop);
    if (stop.stop_requested()) return;
    if (!look) return emit failed(job, text(look.error()));
    emit looked(job, std::make_shared<const DataLook>(std::move(*look)));
}

}  // namespace loom::session
