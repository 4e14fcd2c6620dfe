// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/inside_controller.h"

#include <utility>

#include "app/session/engine_lane.h"
#include "app/session/inspect_worker.h"
#include "app/session/mailbox.h"

namespace loom::session {

InsideController::InsideController(EngineLane& lane, InspectWorker& worker, std::function<Subject()> subject)
    : m_lane(lane), m_worker(worker), m_subject(std::move(subject)), m_inbox(std::make_unique<Mailbox>()) {
    m_inbox->deliver(worker, &InspectWorker::lookReady, [this](JobId job, const std::shared_ptr<const LookAnswer>& answer) {
        CurrentJob& current = m_jobs[answer->question.look];
        if (!current.is(job)) return;
        current.end();
        emit ready(job, answer);
    });
    m_inbox->deliver(worker, &InspectWorker::lookFailed, [this](JobId job, Look look, const QString& message) {
        CurrentJob& current = m_jobs[look];
        if (!current.is(job)) return;
        current.end();
        if (!message.isEmpty()) emit failed(job, look, message);
    });
}

InsideController::~InsideController() { m_inbox->close(); }

JobId InsideController::ask(const LookQuestion& question) {
    CurrentJob& current = m_jobs[question.look];
    current.drop();
    Subject subject = m_subject();
    if (!subject.model || subject.tokens.empty()) return JobId{};
    current.begin(JobId{++m_lastJob});
    m_lane.run([worker = &m_worker, job = current.id, subject = std::move(subject), question, token = current.stop.get_token()] {
        worker->look(job, subject.model, subject.tokens, question, token);
    });
    return current.id;
}

bool InsideController::isAsking(Look look) const {
    const auto entry = m_jobs.find(look);
    return entry != m_jobs.end() && entry->second.running();
}

void InsideController::cancel(Look look) {
    const auto entry = m_jobs.find(look);
    if (entry != m_jobs.end()) entry->second.drop();
}

void InsideController::dropAll() {
    for (auto& [look, job] : m_jobs) job.drop();
}

}  // namespace loom::session
