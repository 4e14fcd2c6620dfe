// SPDX-License-Identifier: GPL-3.0-or-later
// TimeTab: how long steps take on this machine, against context and as a map of who is faster.
#pragma once

#include <QWidget>

#include "core/data/time_grid.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;

namespace loom::ui {

class CrossoverMap;
class EmptyNote;
class TimePlot;

class TimeTab final : public QWidget {
    Q_OBJECT

public:
    explicit TimeTab(QWidget* parent = nullptr);

    /// What is known of those compared; an empty grid = nothing yet.
    void setGrid(const TimeGrid& grid);
    /// done of all cells; all = 0: has just begun.
    void setMeasuring(qint64 done, qint64 all);
    void setAtRest();
    /// Whether there is anybody to measure.
    void setCanMeasure(bool can);

    [[nodiscard]] QPushButton* button() const { return m_button; }
    [[nodiscard]] QComboBox* batchBox() const { return m_batch; }
    [[nodiscard]] TimePlot* plot() const { return m_plot; }
    [[nodiscard]] CrossoverMap* map() const { return m_map; }
    [[nodiscard]] QString words() const;

signals:
    void measureWanted();
    void cancelWanted();

private:
    void refresh();

    TimeGrid m_grid;
    bool m_measuring = false;
    bool m_can = false;
    QPushButton* m_button;
    QProgressBar* m_progress;
    QComboBox* m_batch;
    QLabel* m_words;
    TimePlot* m_plot;
    CrossoverMap* m_map;
    EmptyNote* m_empty;
};

}  // namespace loom::ui
