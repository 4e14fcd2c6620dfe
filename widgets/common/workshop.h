// SPDX-License-Identifier: GPL-3.0-or-later
// Workshop: one thread that computes what the window's thread should not wait for. Part of loom_itemmodels; needs QtCore only.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include <QObject>

namespace loom::ui {

/// Work reads values that nobody changes and returns what is to be done with its result in the thread of the workshop itself. Jobs are done
/// in their order; what waits when the workshop is destroyed is dropped.
class Workshop final : public QObject {
    Q_OBJECT
public:
    using Finish = std::function<void()>;
    using Work = std::function<Finish()>;

    explicit Workshop(QObject* parent = nullptr);
    ~Workshop() override;

    void run(Work work);
    /// Forgets what has not been begun and what has not been handed over.
    void clear();
    /// Jobs that have not been handed over yet.
    [[nodiscard]] bool isBusy() const;

protected:
    bool event(QEvent* event) override;

private:
    void work(const std::stop_token& stop);

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<Work> m_waiting;
    std::deque<Finish> m_done;
    bool m_working = false;
    std::uint64_t m_round = 0;  ///< results of an earlier one are dropped
    std::jthread m_thread;      ///< last: it uses all of the above
};

}  // namespace loom::ui
