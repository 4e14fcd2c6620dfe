// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/engine_lane.h"

#include <algorithm>
#include <utility>

namespace loom::session {

EngineLane::EngineLane(const QString& name) : m_jobs(std::make_unique<Mailbox>()) {
    m_thread.setObjectName(name);
    m_jobs->moveToThread(&m_thread);
    m_thread.start();
}

void EngineLane::run(std::function<void()> job) { m_jobs->post(std::move(job)); }

void EngineLane::shutDown() {
    m_jobs->close();
    m_thread.quit();
    m_thread.wait();
    m_jobs->close();  // again: whatever the last job did is seen from here on
}

LaneState EngineLane::state(const char* name, JobId current) const {
    return {name, std::max<std::int64_t>(0, jobs() - (current != JobId{} ? 1 : 0)), current};
}

}  // namespace loom::session
