// SPDX-License-Identifier: GPL-3.0-or-later
// EventWatch: measures how long the window's thread is busy at a time, and the time between two frames.
#pragma once

#include <QElapsedTimer>
#include <QObject>

#include "core/data/overlay_data.h"

namespace loom::app {

/// A turn of the event loop counts as slow when nothing else could have been handled for over 50 ms.
inline constexpr qint64 kSlowTurnMs = 50;

class EventWatch final : public QObject {
    Q_OBJECT
public:
    explicit EventWatch(QObject* parent = nullptr);

    /// Times between the frames of this window go into frames(); pauses over a second are no frames.
    void watch(QObject* window);
    [[nodiscard]] const FrameTimes& frames() const { return m_frames; }
    [[nodiscard]] std::int64_t slowTurns() const { return m_slowTurns; }
    [[nodiscard]] double longestTurnMs() const { return m_longestMs; }
    /// Forgets what was counted so far, for example the first layout and paint.
    void reset();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QElapsedTimer m_turn;
    QElapsedTimer m_frame;
    FrameTimes m_frames;
    std::int64_t m_slowTurns = 0;
    double m_longestMs = 0;
};

}  // namespace loom::app
