// SPDX-License-Identifier: GPL-3.0-or-later
// Mailbox: functions given by any thread, run one after another in the mailbox's own thread.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>

#include <QObject>

namespace loom::session {

/// Hands work and results from thread to thread through a mutex of our own; Qt's event loop only wakes the receiver. So the thread
/// sanitizer, which cannot see into Qt, sees every handover. What waits when the mailbox is destroyed or closed is dropped.
class Mailbox final : public QObject {
    Q_OBJECT
public:
    using Letter = std::function<void()>;

    void post(Letter letter);
    /// Has `slot` called in the receiving thread with what the sender's signal said in its own. The sender must not signal after the
    /// mailbox is gone.
    template <class Sender, class... Args, class Slot>
    void deliver(Sender& sender, void (Sender::*signal)(Args...), Slot slot) {
        QObject::connect(
            &sender, signal, &sender, [this, slot](Args... args) { post([slot, args...] { slot(args...); }); }, Qt::DirectConnection);
    }
    /// Runs nothing more; returns once all that has run is seen by the caller, if the receiving thread has ended or is the caller's.
    void close();
    /// Letters running or waiting.
    [[nodiscard]] std::int64_t count() const { return m_count.load(std::memory_order_relaxed); }

protected:
    bool event(QEvent* event) override;

private:
    [[nodiscard]] Letter next();

    std::mutex m_mutex;
    std::deque<Letter> m_letters;
    bool m_closed = false;
    std::atomic<std::int64_t> m_count{0};
};

}  // namespace loom::session
