// SPDX-License-Identifier: GPL-3.0-or-later
// TwinGrowthPlot: what several caches hold, token by token, as the engine counted it.
#pragma once

#include <vector>

#include "core/data/twin_update.h"
#include "widgets/plot/plot_frame.h"

class QCPGraph;
class QCPItemLine;

namespace loom::ui {

class TwinGrowthPlot final : public PlotFrame {
    Q_OBJECT

public:
    explicit TwinGrowthPlot(QWidget* parent = nullptr);

    /// Forgets everything; a line for each contestant, in its form's colour.
    void begin(const std::vector<TwinContestant>& contestants);
    void add(const std::vector<TwinTick>& ticks);

    /// What is drawn of one of them: bytes used by tick.
    [[nodiscard]] std::vector<std::int64_t> series(std::size_t who) const;
    [[nodiscard]] QString csv() const override;

protected:
    void applyColours(const QPalette& palette) override;
    void readAt(double tokens) override;
    [[nodiscard]] QString figureName() const override;

private:
    struct Line {
        QString name;
        CacheForm form;
        QCPGraph* used;       ///< solid
        QCPGraph* allocated;  ///< faint
        QCPItemText* label;
        std::vector<TwinToken> tokens;  ///< one per tick that it took part in
    };
    void fit();

    std::vector<Line> m_lines;
    QCPItemLine* m_cross;
    QCPItemText* m_crossText;
};

}  // namespace loom::ui
