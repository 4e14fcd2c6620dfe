// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/common/workshop.h"

#include <utility>

#include <QCoreApplication>
#include <QEvent>

namespace loom::ui {

Workshop::Workshop(QObject* parent) : QObject(parent), m_thread([this](const std::stop_token& stop) { work(stop); }) {}

Workshop::~Workshop() {
    m_thread.request_stop();
    m_thread.join();
}

void Workshop::run(Work work) {
    const std::scoped_lock lock(m_mutex);
    m_waiting.push_back(std::move(work));
    m_changed.notify_all();
}

void Workshop::clear() {
    const std::scoped_lock lock(m_mutex);
    m_waiting.clear();
    m_done.clear();
    ++m_round;
}

bool Workshop::isBusy() const {
    const std::scoped_lock lock(m_mutex);
    return m_working || !m_waiting.empty() || !m_done.empty();
}

void Workshop::work(const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    while (m_changed.wait(lock, stop, [this] { return !m_waiting.empty(); })) {
        const Work work = std::move(m_waiting.front());
        m_waiting.pop_front();
        m_working = true;
        const std::uint64_t round = m_round;
        lock.unlock();
        Finish finish = work();
        lock.lock();
        m_working = false;
        if (round != m_round) continue;
        m_done.push_back(std::move(finish));
        QCoreApplication::postEvent(this, new QEvent(QEvent::User));
    }
}

bool Workshop::event(QEvent* event) {
    if (event->type() != QEvent::User) return QObject::event(event);
    Finish finish;
    {
        const std::scoped_lock lock(m_mutex);
        if (m_done.empty()) return true;
        finish = std::move(m_done.front());
        m_done.pop_front();
    }
    finish();
    return true;
}

}  // namespace loom::ui
