// SPDX-License-Identifier: GPL-3.0-or-later
// EngineLane: one thread that runs one job at a time, in the order they were given.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <QObject>
#include <QString>
#include <QThread>

#include "app/session/mailbox.h"
#include "core/data/overlay_data.h"

namespace loom::session {

/// Made, used and destroyed in the GUI thread; jobs run in the lane's thread.
class EngineLane {
public:
    explicit EngineLane(const QString& name);
    ~EngineLane() { shutDown(); }
    EngineLane(const EngineLane&) = delete;
    EngineLane& operator=(const EngineLane&) = delete;

    /// Objects whose signals come out of this lane live in its thread.
    void adopt(QObject& worker) { worker.moveToThread(&m_thread); }
    void run(std::function<void()> job);
    /// Jobs running or waiting.
    [[nodiscard]] std::int64_t jobs() const { return m_jobs->count(); }
    /// For the debug overlay: what runs (no job = idle), and what waits behind it.
    [[nodiscard]] LaneState state(const char* name, JobId current) const;
    /// Skips what waits, lets the running job end (its caller has asked it to stop) and waits for that.
    void shutDown();

private:
    QThread m_thread;
    std::unique_ptr<Mailbox> m_jobs;  ///< lives in m_thread
};

}  // namespace loom::session
