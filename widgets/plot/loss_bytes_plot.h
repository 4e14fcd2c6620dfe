// SPDX-License-Identifier: GPL-3.0-or-later
// LossBytesPlot: loss against bytes per token: what a paper reports as rings, what was trained here as discs.
#pragma once

#include <vector>

#include "core/data/byte_formulas.h"
#include "widgets/plot/plot_frame.h"

class QCPGraph;

namespace loom::ui {

struct LossPoint {
    QString name;
    CacheForm form = CacheForm::Full;
    std::int64_t bytes = 0;  ///< per token, by formula at 16 bits
    double loss = 0;         ///< nats per token on held-out stories
    bool reported = false;   ///< by a paper; else measured here
};

class LossBytesPlot final : public PlotFrame {
    Q_OBJECT

public:
    explicit LossBytesPlot(QWidget* parent = nullptr);

    void setPoints(std::vector<LossPoint> points);
    [[nodiscard]] const std::vector<LossPoint>& points() const { return m_points; }
    /// Of the points of one source those that none beats in both bytes and loss, by rising bytes: the front that is drawn as a line.
    [[nodiscard]] static std::vector<LossPoint> front(const std::vector<LossPoint>& points, bool reported);
    [[nodiscard]] QString csv() const override;

protected:
    void applyColours(const QPalette& palette) override;
    void readAt(double bytes) override;
    [[nodiscard]] QString figureName() const override;

private:
    std::vector<LossPoint> m_points;
    std::vector<QCPGraph*> m_dots;  ///< one for each point
    std::vector<QCPItemText*> m_labels;
    QCPGraph* m_reportedFront;
    QCPGraph* m_measuredFront;
    QCPItemText* m_text;
};

}  // namespace loom::ui
