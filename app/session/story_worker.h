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
#include "core/data/device_kind.h"
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
    DeviceKind device = DeviceKind::Cpu;
    bool keepsStory = false;  ///< the story that was there goes on with this model
};

/// What is asked of an open.
struct OpenWish {
    QString path;
    QString tokenizer;       ///< empty = the one that lies with the checkpoint
    NetworkOptions network;  ///< path, precision, what the cache keeps
    DeviceKind device = DeviceKind::Cpu;
    bool orElseCpu = false;  ///< where the device cannot be used; the summary's `problem` then says why
    bool keepStory = false;  ///< where this model can read it
};

/// What every step shall carry: the values that the GUI thread may change while a job runs.
struct StepWishes {
    std::atomic<std::int64_t> captureLayer{-1};  ///< whose attention is wanted, −1 = none
    std::atomic<bool> layerTimes{false};
};

/// Everything here runs in the lane's thread. Every job ends with exactly one of the signals that carry its id, updated() apart;
/// a job that is stopped before it could finish ends with cancelled(), a story that is stopped with finished().
class StoryWorker final : public QObject {
    Q_OBJECT
public:
    StoryWorker(std::shared_ptr<Engine> engine, std::shared_ptr<StepWishes> wishes);

    /// After opened() that keeps the story, the model reads it: updated() as in write(), then settled().
    void open(JobId job, const OpenWish& wish, const std::stop_token& stop);
    void write(JobId job, GenerateRequest request, const std::stop_token& stop);
    /// Computes the same story in another way from now on, with an empty cache.
    void setNetwork(JobId job, const NetworkOptions& options, const std::stop_token& stop);
    /// Forgets the story and gives its cache back.
    void newStory();
    /// The story is this one from now on; the cache stays as it is.
    void setStory(const std::vector<TokenStep>& steps);

signals:
    void opened(loom::JobId job, std::shared_ptr<const loom::session::ReadyModel> ready);
    /// The end of a job whose opened() kept the story.
    void settled(loom::JobId job);
    void networkSet(loom::JobId job, std::shared_ptr<const loom::session::ReadyModel> ready);
    void updated(loom::JobId job, std::shared_ptr<const loom::StoryUpdate> update);
    void finished(loom::JobId job, std::shared_ptr<const loom::GenerateSummary> summary);
    void failed(loom::JobId job, const QString& message);
    void cancelled(loom::JobId job);

private:
    [[nodiscard]] Result<std::unique_ptr<Session>> makeSession(const std::shared_ptr<const OpenModel>& model, const NetworkOptions& options,
                                                               const std::stop_token& stop);
    [[nodiscard]] std::shared_ptr<const ReadyModel> ready() const;
    /// Fails or cancels, whichever it was.
    void giveUp(JobId job, const Error& error, const std::stop_token& stop);
    void applyWishes();
    /// Nothing, or the story as `model` would read it, if it can.
    struct Carried;
    [[nodiscard]] Carried carried(const OpenModel& model) const;
    void readAgain(JobId job, const Carried& carried, const std::stop_token& stop);
    [[nodiscard]] Result<GenerateSummary> generate(JobId job, const GenerateRequest& request, const std::stop_token& stop);

    std::shared_ptr<Engine> m_engine;
    std::shared_ptr<StepWishes> m_wishes;
    std::shared_ptr<const OpenModel> m_model;
    std::shared_ptr<const Network> m_network;  ///< keeps the weights while a session is being replaced
    std::unique_ptr<Session> m_session;        ///< null after a new story until the next write
    NetworkOptions m_options;
    DeviceKind m_device = DeviceKind::Cpu;
    std::string m_problem;  ///< of the device, for the summary
    std::int64_t m_captured = -1;
    StoryLog m_log;
};

}  // namespace loom::session
