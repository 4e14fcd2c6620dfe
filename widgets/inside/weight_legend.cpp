// SPDX-License-Identifier: GPL-3.0-or-later
// WeightLegend: equal lengths of the bar are equal steps of what the colour follows.
#include "widgets/inside/weight_legend.h"

#include <QEvent>
#include <QLocale>
#include <QPainter>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"

namespace loom::ui {

namespace {
constexpr int kBar = 128;
constexpr int kGap = 8;
}  // namespace

WeightLegend::WeightLegend(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    showWeights();
}

void WeightLegend::setColourMap(ColourMapKind kind) {
    m_colourMap = kind;
    update();
}

void WeightLegend::showWeights() {
    m_signed = false;
    setTexts(tr("weight 0"), tr("1 (square-root scale)"),
             tr("Weights from 0 to 1. The colour follows the square root, so that small weights can be told apart.\n"
                "Hatched: a word that comes later, which cannot be looked at."),
             tr("Colour scale of the weights, 0 to 1, square-root scale"));
}

void WeightLegend::showShares(const QString& tip) {
    m_signed = false;
    setTexts(formatPercent(0), formatPercent(1), tip, tr("Colour scale, 0 to 100 %"));
}

void WeightLegend::showSigned(double limit, bool squareRoot, const QString& tip) {
    m_signed = true;
    const QString end = QLocale().toString(limit, 'g', 3);
    setTexts(limit > 0 ? QChar(0x2212) + end : QString(end), squareRoot ? tr("%1 (square-root scale)").arg(end) : tr("+%1").arg(end), tip,
             tr("Colour scale from minus %1 to %1, blue to orange").arg(end));
}

void WeightLegend::setTexts(const QString& low, const QString& high, const QString& tip, const QString& name) {
    m_low = low;
    m_high = high;
    setToolTip(tip);
    setAccessibleName(name);
    updateGeometry();
    update();
}

QSize WeightLegend::sizeHint() const {
    const QFontMetrics metrics(font());
    return {metrics.horizontalAdvance(m_low) + kGap + kBar + kGap + metrics.horizontalAdvance(m_high) + 2, metrics.height() + 4};
}

void WeightLegend::drawFigure(QPainter& painter, QPointF topLeft, const QPalette& colours) const {
    const QFontMetrics metrics(font());
    const QRectF box(topLeft, sizeHint());
    painter.setPen(mutedText(colours));
    painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter, m_low);
    painter.drawText(box, Qt::AlignRight | Qt::AlignVCenter, m_high);
    QImage bar(255, 1, QImage::Format_RGB32);
    for (int x = 0; x < 255; ++x) bar.setPixel(x, 0, m_signed ? signedColour((x - 127) / 127.0) : mapColour(m_colourMap, x / 254.0));
    painter.drawImage(QRectF(box.left() + metrics.horizontalAdvance(m_low) + kGap, box.top() + (box.height() - 10) / 2, kBar, 10), bar);
}

void WeightLegend::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    drawFigure(painter, QPointF(0, (height() - sizeHint().height()) / 2.0), palette());
}

void WeightLegend::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange) updateGeometry();
    QWidget::changeEvent(event);
}

}  // namespace loom::ui
