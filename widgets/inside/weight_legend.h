// SPDX-License-Identifier: GPL-3.0-or-later
// WeightLegend: the colour bar of a map with its two ends and its scale.
#pragma once

#include <QWidget>

#include "widgets/inside/colour_map.h"

namespace loom::ui {

class WeightLegend final : public QWidget {
    Q_OBJECT

public:
    explicit WeightLegend(QWidget* parent = nullptr);
    void setColourMap(ColourMapKind kind);
    /// Attention weights, 0 to 1, square-root scale (at first).
    void showWeights();
    /// Shares from 0 to 100 %, linear.
    void showShares(const QString& tip);
    /// Numbers from −limit to limit in the diverging map.
    void showSigned(double limit, bool squareRoot, const QString& tip);
    /// The texts at both ends.
    [[nodiscard]] QString lowText() const { return m_low; }
    [[nodiscard]] QString highText() const { return m_high; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }
    /// For figures.
    void drawFigure(QPainter& painter, QPointF topLeft, const QPalette& colours) const;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void setTexts(const QString& low, const QString& high, const QString& tip, const QString& name);

    ColourMapKind m_colourMap = ColourMapKind::Cividis;
    bool m_signed = false;
    QString m_low, m_high;
};

}  // namespace loom::ui
