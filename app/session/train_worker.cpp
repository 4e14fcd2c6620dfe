// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/train_worker.h"

#include <utility>

#include "app/session/thread_priority.h"

namespace loom::session {
namespace {

QString text(const Error& error) { return QString::fromStdString(error.message()); }

}  // namespace

TrainWorker::TrainWorker(std::shared_ptr<TrainingBackend> backend, std::shared_ptr<AnswerBox> answers)
    : m_backend(std::move(backend)), m_answers(std::move(answers)) {}

void TrainWorker::train(JobId job, const std::string& folder, const std::optional<TrainSetup>& setup, const std::stop_token& stop) {
    lowerPriorityOfThisThread();
    MemoryAccount account;
    TrainCoalescer observer(
        folder, {.send = [&](TrainUpdate&& update) { emit updated(job, std::make_shared<const TrainUpdate>(std::move(update))); },
                 .ask =
                     [&](const TrainQuestion& question) {
                         m_answers->clear();
                         emit asked(job, std::make_shared<const TrainQuestion>(question));
                         return m_answers->wait(stop);
                     },
                 .memory = [&] { return highestMoment(account); }});
    const auto summary = m_backend->train(folder, setup ? &*setup : nullptr, account, observer, stop);
    observer.finish();
    if (!summary) return emit failed(job, text(summary.error()));
    emit ended(job,
               std::make_shared<const TrainEnd>(TrainEnd{folder, summary->step, summary->steps, summary->stopped, summary->endedEarly}));
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
