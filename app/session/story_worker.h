// SPDX-License-Identifier: GPL-3.0-or-later
// StoryWorker: opens models and writes stories, in the Interactive lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>

#include <QObject>
#include <QString>

#include "app/session/story_log.h"
#include "core/data/cache_occupancy.h"
#include "core/data/generate.h"
#include "core/data/model_summary.h"
#include "core/data/story_update.h"
#include "core/engine/api/engine.h"

namespace loom::session {

/// A model that is ready to write.
struct ReadyModel {
    std::shared_ptr<const OpenModel> model;
    std::shared_ptr<const ModelSummary> summary;
    std::shared_ptr<const CacheUse> cache;  ///< of the empty session
};

/// The layer whose attention is wanted, −1 = none. The one value that the GUI thread may change while a job runs.
using CaptureWish = std::atomic<std::int64_t>;

/// Everything here runs in the lane's thread. Every job ends with exactly one of the signals that carry its id, updated() apart;
/// a job that is stopped before it could finish ends with cancelled(), a story that is stopped with finished().
class StoryWorker final : public QObject {
    Q_OBJECT
public:
    StoryWorker(std::shared_ptr<Engine> engine, std::shared_ptr<CaptureWish> capture);

    void open(JobId job, const QString& path, const QString& tokenizer, MlaPath mlaPath, const std::stop_token& stop);
    void write(JobId job, GenerateRequest request, const std::stop_token& stop);
    void setPath(JobId job, MlaPath mlaPath, const std::stop_token& stop);
    /// Forgets the story and gives its cache back.
    void newStory();

signals:
    void opened(loom::JobId job, std::shared_ptr<const loom::session::ReadyModel> ready);
    void pathSet(loom::JobId job, std::shared_ptr<const loom::session::ReadyModel> ready);
    void updated(loom::JobId job, std::shared_ptr<const loom::StoryUpdate> update);
    void finished(loom::JobId job, std::shared_ptr<const loom::GenerateSummary> summary);
    void failed(loom::JobId job, const QString& message);
    void cancelled(loom::JobId job);

private:
    [[nodiscard]] Result<std::unique_ptr<Session>> makeSession(const std::shared_ptr<const OpenModel>& model, MlaPath mlaPath,
                                                               const std::stop_token& stop);
    [[nodiscard]] std::shared_ptr<const ReadyModel> ready() const;
    /// Fails or cancels, whichever it was.
    void giveUp(JobId job, const Error& error, const std::stop_token& stop);
    void applyCapture();

    std::shared_ptr<Engine> m_engine;
    std::shared_ptr<CaptureWish> m_capture;
    std::shared_ptr<const OpenModel> m_model;
    std::shared_ptr<ReferenceModel> m_network;  ///< keeps the weights while a session is being replaced
    std::unique_ptr<Session> m_session;         ///< null after a new story until the next write
    MlaPath m_path = MlaPath::Absorbed;
    std::int64_t m_captured = -1;
    StoryLog m_log;
};

}  // namespace loom::session
