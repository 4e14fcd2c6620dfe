// SPDX-License-Identifier: GPL-3.0-or-later
// LossCurve: how the loss fell while a network was trained.
#pragma once

#include <vector>

#include "core/data/model_card.h"
#include "widgets/plot/plot_frame.h"

class QCPGraph;
class QCPItemLine;

namespace loom::ui {

/// Loss on the training data as a line, on held-out stories as points, in nats per token.
class LossCurve final : public PlotFrame {
    Q_OBJECT

public:
    explicit LossCurve(QWidget* parent = nullptr);

    void setCurve(const std::vector<CurvePoint>& curve);
    /// The point next to a step, as the pointer shows it; empty without a curve.
    [[nodiscard]] QString describe(double step) const;
    [[nodiscard]] QString csv() const override;

protected:
    void applyColours(const QPalette& palette) override;
    void readAt(double x) override;
    [[nodiscard]] QString figureName() const override;

private:
    [[nodiscard]] const CurvePoint* nearest(double step) const;

    std::vector<CurvePoint> m_curve;  ///< by step
    QCPGraph* m_training;
    QCPGraph* m_validation;
    QCPItemText* m_trainingText;
    QCPItemText* m_validationText;
    QCPItemLine* m_cross;
    QCPItemText* m_crossText;
};

}  // namespace loom::ui
