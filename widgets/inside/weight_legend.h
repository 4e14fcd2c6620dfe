// SPDX-License-Identifier: GPL-3.0-or-later
// WeightLegend: the colour bar of attention weights with its two ends and its scale.
#pragma once

#include <QWidget>

#include "widgets/inside/colour_map.h"

namespace loom::ui {

class WeightLegend final : public QWidget {
    Q_OBJECT

public:
    explicit WeightLegend(QWidget* parent = nullptr);
    void setColourMap(ColourMapKind kind);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    ColourMapKind m_colourMap = ColourMapKind::Cividis;
};

}  // namespace loom::ui
