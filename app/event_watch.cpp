// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/event_watch.h"

#include <algorithm>

#include <QAbstractEventDispatcher>
#include <QEvent>

namespace loom::app {

EventWatch::EventWatch(QObject* parent) : QObject(parent) {
    QAbstractEventDispatcher* dispatcher = QAbstractEventDispatcher::instance();
    if (!dispatcher) return;
    connect(dispatcher, &QAbstractEventDispatcher::awake, this, [this] { m_turn.restart(); });
    connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, [this] {
        if (!m_turn.isValid()) return;
        const double milliseconds = static_cast<double>(m_turn.nsecsElapsed()) / 1e6;
        m_turn.invalidate();
        m_longestMs = std::max(m_longestMs, milliseconds);
        if (milliseconds > static_cast<double>(kSlowTurnMs)) ++m_slowTurns;
    });
}

void EventWatch::watch(QObject* window) {
    if (window) window->installEventFilter(this);
}

void EventWatch::reset() {
    m_slowTurns = 0;
    m_longestMs = 0;
}

bool EventWatch::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::UpdateRequest) {
        if (m_frame.isValid() && m_frame.elapsed() < 1000) m_frames.add(static_cast<float>(m_frame.nsecsElapsed()) / 1e6F);
        m_frame.restart();
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace loom::app
