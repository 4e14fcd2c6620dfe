// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/event_watch.h"

#include <algorithm>
#include <utility>

#include <QElapsedTimer>
#include <QEvent>
#include <QThread>

namespace loom::app {

void EventWatch::addEvent(double milliseconds) {
    m_longestMs = std::max(m_longestMs, milliseconds);
    if (milliseconds > kSlowEventMs) ++m_slow;
}

void EventWatch::reset() {
    m_slow = 0;
    m_longestMs = 0;
}

void WatchedApplication::setWatch(EventWatch* watch, QObject* window) {
    m_watch = watch;
    m_window = window;
}

bool WatchedApplication::notify(QObject* receiver, QEvent* event) {
    // Workers' threads come by here too.
    if (!m_watch || QThread::currentThread() != thread()) return QApplication::notify(receiver, event);
    const int level = thread()->loopLevel();
    if (level <= m_level) return QApplication::notify(receiver, event);  // part of the event being timed

    const bool frame = receiver == m_window && event->type() == QEvent::UpdateRequest;
    const int outer = std::exchange(m_level, level);
    m_interrupted = false;
    QElapsedTimer time;
    time.start();
    const bool result = QApplication::notify(receiver, event);
    if (!m_interrupted && m_watch) {
        const double milliseconds = static_cast<double>(time.nsecsElapsed()) / 1e6;
        m_watch->addEvent(milliseconds);
        if (frame) m_watch->addFrame(milliseconds);
    }
    m_interrupted = outer > 0;
    m_level = outer;
    return result;
}

}  // namespace loom::app
