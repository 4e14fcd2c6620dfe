// SPDX-License-Identifier: GPL-3.0-or-later
// CompareController: the window's side of twin decode. Every call returns at once; what happens comes back as signals.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <QObject>
#include <QString>

#include "app/session/engine_factory.h"
#include "core/data/overlay_data.h"
#include "core/data/time_grid.h"
#include "core/data/twin_update.h"

namespace loom::session {

struct ComparePrivate;

/// Lives in the GUI thread and owns one lane, with an engine of its own: nothing that is compared touches the story on the Write page.
class CompareController : public QObject {
    Q_OBJECT
public:
    explicit CompareController(QObject* parent = nullptr);
    explicit CompareController(const EngineFactory& factory, QObject* parent = nullptr);
    ~CompareController() override;

    /// Stops whatever goes on, opens those who are not opened yet and begins a story: begun(), then with `play` as play(); or failed().
    void begin(const TwinWish& wish, bool play);
    /// Goes on until pause() or until every story has ended. Only while paused.
    void play();
    /// One token each. Only while paused.
    void step();
    /// Rests within one token, or one block of 128 prompt tokens; what was written stays.
    void pause();
    /// Stops and gives all memory back; the state is Empty at once.
    void close();
    /// Tokens per second from now on; 0 = as fast as the networks compute.
    void setPace(int tokensPerSecond);
    /// Measures how long steps of those compared take; timesChanged() as it goes, measuringEnded() at the end. Whoever plays rests first,
    /// and whatever is asked for next ends it.
    void measureTimes(const TimeAxes& axes = {});
    void cancelMeasuring();
    [[nodiscard]] bool isMeasuring() const;
    [[nodiscard]] TwinState state() const;
    /// For the debug overlay.
    [[nodiscard]] LaneState lane() const;

signals:
    void stateChanged(loom::TwinState state);
    void begun(std::shared_ptr<const std::vector<loom::TwinContestant>> contestants);
    /// At most 30 a second.
    void updated(std::shared_ptr<const loom::TwinUpdate> update);
    /// What this machine knows of those compared; null = nothing yet.
    void timesChanged(std::shared_ptr<const loom::TimeGrid> grid);
    void measuring(qint64 done, qint64 all);
    void measuringEnded();
    /// Nothing is written any more; what was opened is closed where it could not be opened whole.
    void failed(const QString& message);

private:
    void run(std::int64_t most);
    void setState(TwinState state);
    void endMeasuring();

    std::unique_ptr<ComparePrivate> d;
};

}  // namespace loom::session
