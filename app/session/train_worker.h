// SPDX-License-Identifier: GPL-3.0-or-later
// TrainWorker: trains, in the Training lane. RunsWorker: lists, reads, plans and keeps runs, in lanes that are never busy for long.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <QObject>
#include <QString>

#include "app/session/train_coalescer.h"
#include "app/session/training_backend.h"
#include "core/data/ids.h"

namespace loom::session {

/// Runs in the lane's thread, at a lower priority than everything else. A job ends with ended() or failed().
class TrainWorker final : public QObject {
    Q_OBJECT
public:
    TrainWorker(std::shared_ptr<TrainingBackend> backend, std::shared_ptr<AnswerBox> answers);

    /// A new run, or without a setup the one that lies in `folder`.
    void train(JobId job, const std::string& folder, const std::optional<TrainSetup>& setup, const std::stop_token& stop);

signals:
    void updated(loom::JobId job, std::shared_ptr<const loom::TrainUpdate> update);
    void asked(loom::JobId job, std::shared_ptr<const loom::TrainQuestion> question);
    void ended(loom::JobId job, std::shared_ptr<const loom::TrainEnd> end);
    void failed(loom::JobId job, const QString& message);

private:
    std::shared_ptr<TrainingBackend> m_backend;
    std::shared_ptr<AnswerBox> m_answers;
};

/// One for each lane. Every job ends with a signal that names it, unless it was stopped.
class RunsWorker final : public QObject {
    Q_OBJECT
public:
    explicit RunsWorker(std::shared_ptr<TrainingBackend> backend);

    void list(JobId job, const std::stop_token& stop);
    void read(JobId job, const std::string& folder);
    void readReferences(JobId job, const std::string& models);
    /// Those that change something; done() says which folder is concerned.
    void rename(JobId job, const std::string& folder, const std::string& name);
    void setNotes(JobId job, const std::string& folder, const std::string& notes);
    void moveToTrash(JobId job, const std::string& folder);
    void exportRuns(JobId job, const std::vector<std::string>& folders, const std::string& file);
    /// At first what is known at once, then what was measured.
    void plan(JobId job, const TrainSetup& setup, const std::stop_token& stop);
    void look(JobId job, const TrainSetup& setup, const std::stop_token& stop);

signals:
    void listed(loom::JobId job, std::shared_ptr<const std::vector<loom::RunSummary>> runs);
    void wasRead(loom::JobId job, std::shared_ptr<const loom::RunDetail> record);
    void referencesRead(loom::JobId job, std::shared_ptr<const std::vector<loom::ReferenceCurve>> references);
    /// `message` for people; empty where nothing needs to be said.
    void done(loom::JobId job, const QString& message);
    void planned(loom::JobId job, std::shared_ptr<const loom::TrainingPlan> plan, bool final);
    void measuring(loom::JobId job, qint64 done, qint64 total);
    void looked(loom::JobId job, std::shared_ptr<const loom::DataLook> look);
    void failed(loom::JobId job, const QString& message);

private:
    std::shared_ptr<TrainingBackend> m_backend;
};

}  // namespace loom::session
