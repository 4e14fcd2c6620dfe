// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/engine_lane.h"

#include <utility>

namespace loom::session {

EngineLane::EngineLane(const QString& name) : m_context(std::make_unique<QObject>()) {
    m_thread.setObjectName(name);
    m_context->moveToThread(&m_thread);
    m_thread.start();
}

void EngineLane::run(std::function<void()> job) {
    m_jobs.fetch_add(1, std::memory_order_relaxed);
    QMetaObject::invokeMethod(
        m_context.get(),
        [this, job = std::move(job)] {
            if (!m_closing.load()) job();
            m_jobs.fetch_sub(1, std::memory_order_relaxed);
        },
        Qt::QueuedConnection);
}

void EngineLane::shutDown() {
    m_closing.store(true);
    m_thread.quit();
    m_thread.wait();
}

}  // namespace loom::session
