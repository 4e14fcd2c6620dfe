// SPDX-License-Identifier: GPL-3.0-or-later
// InsideController: what the page "Look inside" asks about the story as it is. Every call returns at once.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include <QObject>
#include <QString>

#include "app/session/current_job.h"
#include "core/data/look.h"

namespace loom {
class OpenModel;
}

namespace loom::session {

class EngineLane;
class InspectWorker;
class Mailbox;

/// Of each kind of look one job is current: a later question replaces it, and results of replaced jobs are dropped. Lives in the window's
/// thread; the jobs run in the Background lane, one after another.
class InsideController final : public QObject {
    Q_OBJECT
public:
    /// What questions are about.
    struct Subject {
        std::shared_ptr<const OpenModel> model;  ///< null = none is open
        TokenIds tokens;
    };

    InsideController(EngineLane& lane, InspectWorker& worker, std::function<Subject()> subject);
    ~InsideController() override;

    /// Ends with ready(), failed(), or silently after cancel() or dropAll(). No job (0) without a model or a story.
    JobId ask(const LookQuestion& question);
    /// Whether a question of this kind is waiting or being answered.
    [[nodiscard]] bool isAsking(Look look) const;
    /// Stops within a layer of the network.
    void cancel(Look look);
    /// The model or the story is another one.
    void dropAll();

signals:
    void ready(loom::JobId job, std::shared_ptr<const loom::LookAnswer> answer);
    void failed(loom::JobId job, loom::Look look, const QString& message);

private:
    EngineLane& m_lane;
    InspectWorker& m_worker;
    std::function<Subject()> m_subject;
    std::map<Look, CurrentJob> m_jobs;
    std::int64_t m_lastJob = 0;
    std::unique_ptr<Mailbox> m_inbox;
};

}  // namespace loom::session
