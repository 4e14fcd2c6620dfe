// SPDX-License-Identifier: GPL-3.0-or-later
// EventWatch: measures how long each event, and each frame among them, keeps the window's thread busy.
#pragma once

#include <QApplication>
#include <QObject>

#include "core/data/overlay_data.h"

namespace loom::app {

/// An event that takes longer makes the window feel stuck.
inline constexpr double kSlowEventMs = 50;

class EventWatch final : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    void addEvent(double milliseconds);
    /// A frame of the window was drawn.
    void addFrame(double milliseconds) { m_frames.add(static_cast<float>(milliseconds)); }
    /// Forgets what was counted so far, for example the first layout and paint.
    void reset();

    [[nodiscard]] const FrameTimes& frames() const { return m_frames; }
    [[nodiscard]] std::int64_t slowTurns() const { return m_slow; }
    [[nodiscard]] double longestTurnMs() const { return m_longestMs; }

private:
    FrameTimes m_frames;
    std::int64_t m_slow = 0;
    double m_longestMs = 0;
};

/// The application that times every event of the window's thread. Time spent in an event loop inside an event (a context menu) is not
/// the event's own; the events of that loop are timed by themselves.
class WatchedApplication final : public QApplication {
    Q_OBJECT
public:
    using QApplication::QApplication;
    /// Both must outlive the event loop; frames are those of `window`.
    void setWatch(EventWatch* watch, QObject* window);
    bool notify(QObject* receiver, QEvent* event) override;

private:
    EventWatch* m_watch = nullptr;
    QObject* m_window = nullptr;
    int m_level = 0;  ///< loop level of the event being timed, 0 = none
    bool m_interrupted = false;
};

}  // namespace loom::app
