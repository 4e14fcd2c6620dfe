// SPDX-License-Identifier: GPL-3.0-or-later
// WeightLegend: equal lengths of the bar are equal steps of the square root.
#include "widgets/inside/weight_legend.h"

#include <QPainter>

#include "widgets/common/theme.h"

namespace loom::ui {

namespace {
constexpr int kBar = 128;
constexpr int kGap = 8;
}  // namespace

WeightLegend::WeightLegend(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setToolTip(
        tr("Weights from 0 to 1. The colour follows the square root, so that small weights can be told apart.\n"
           "Hatched: a word that comes later, which cannot be looked at."));
    setAccessibleName(tr("Colour scale of the weights, 0 to 1, square-root scale"));
}

void WeightLegend::setColourMap(ColourMapKind kind) {
    m_colourMap = kind;
    update();
}

QSize WeightLegend::sizeHint() const {
    const QFontMetrics metrics(font());
    return {metrics.horizontalAdvance(tr("weight 0")) + kGap + kBar + kGap + metrics.horizontalAdvance(tr("1 (square-root scale)")) + 2,
            metrics.height() + 4};
}

void WeightLegend::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    const QFontMetrics metrics(font());
    painter.setPen(mutedText(palette()));
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, tr("weight 0"));
    painter.drawText(rect(), Qt::AlignRight | Qt::AlignVCenter, tr("1 (square-root scale)"));
    QImage bar(256, 1, QImage::Format_RGB32);
    for (int x = 0; x < 256; ++x) bar.setPixel(x, 0, mapColour(m_colourMap, x / 255.0));
    const int left = metrics.horizontalAdvance(tr("weight 0")) + kGap;
    painter.drawImage(QRect(left, (height() - 10) / 2, kBar, 10), bar);
}

}  // namespace loom::ui
