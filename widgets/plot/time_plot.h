// SPDX-License-Identifier: GPL-3.0-or-later
// TimePlot: milliseconds of a step against context, as measured here, with the least and the most of all repeats.
#pragma once

#include <vector>

#include "core/data/time_grid.h"
#include "widgets/plot/plot_frame.h"

class QCPErrorBars;
class QCPGraph;
class QCPItemLine;

namespace loom::ui {

class TimePlot final : public PlotFrame {
    Q_OBJECT

public:
    explicit TimePlot(QWidget* parent = nullptr);

    /// The column of the grid for that many stories; an empty grid clears.
    void setGrid(const TimeGrid& grid, std::size_t batch);
    /// "A · Demo MHA" or "B · Demo MLA, naive".
    [[nodiscard]] static QString rowName(const TimeGrid& grid, std::size_t row);
    /// Points that are drawn of a row.
    [[nodiscard]] int points(std::size_t row) const;
    [[nodiscard]] QString csv() const override;

protected:
    void applyColours(const QPalette& palette) override;
    void readAt(double context) override;
    [[nodiscard]] QString figureName() const override;

private:
    struct Line {
        QCPGraph* graph;
        QCPErrorBars* bars;
        QCPItemText* label;
    };
    void placeLabels();

    TimeGrid m_grid;
    std::size_t m_batch = 0;
    std::vector<Line> m_lines;
    QCPItemLine* m_cross;
    QCPItemText* m_crossText;
};

}  // namespace loom::ui
