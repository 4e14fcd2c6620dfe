// SPDX-License-Identifier: GPL-3.0-or-later
// ByteBar: see the header.
#include "widgets/common/byte_bar.h"

#include <cmath>

#include <QPainter>
#include <QPainterPath>

namespace loom::ui {

namespace {

constexpr qreal kRadius = 2;
constexpr qreal kHatchStep = 5;

QPainterPath rounded(const QRectF& rect) {
    QPainterPath path;
    path.addRoundedRect(rect, std::min(kRadius, rect.width() / 2), kRadius);
    return path;
}

}  // namespace

void paintHatch(QPainter& painter, const QRectF& area, const QColor& line) {
    if (area.isEmpty()) return;
    painter.save();
    painter.setClipRect(area, Qt::IntersectClip);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(line, 1));
    // Anchored to the widget, not to the area: lines of neighbouring areas go on.
    const qreal first = std::floor((area.left() - area.height()) / kHatchStep) * kHatchStep;
    for (qreal x = first; x < area.right(); x += kHatchStep)
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x + area.height(), area.top()));
    painter.restore();
}

ByteBar::ByteBar(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed); }

void ByteBar::setValue(Source source, Meaning meaning, std::int64_t used, std::int64_t allocated) {
    m_source = source;
    m_meaning = meaning;
    m_allocated = std::max<std::int64_t>(allocated, 0);
    m_used = std::clamp<std::int64_t>(used, 0, m_allocated);
    update();
}

void ByteBar::setScale(ScaleGroup scale) {
    m_scale = scale;
    update();
}

void ByteBar::clear() { setValue(m_source, m_meaning, 0, 0); }

QRectF ByteBar::part(std::int64_t bytes) const {
    QRectF rect(0, 0, width() * m_scale.fraction(bytes), height());
    if (layoutDirection() == Qt::RightToLeft) rect.moveRight(width());
    return rect;
}

QRectF ByteBar::usedRect() const { return part(m_used); }
QRectF ByteBar::allocatedRect() const { return part(m_allocated); }

QSize ByteBar::sizeHint() const { return {200, 10}; }
QSize ByteBar::minimumSizeHint() const { return {40, 6}; }

void ByteBar::paintEvent(QPaintEvent*) {
    if (m_allocated <= 0 || m_scale.maximum <= 0) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor ink = colour(m_meaning);
    const QRectF all = allocatedRect();
    const QRectF now = usedRect();
    QColor faint = ink;
    if (m_source == Source::Measured) {
        faint.setAlphaF(isDark(palette()) ? 0.55F : 0.6F);
        painter.setClipPath(rounded(all));
        paintHatch(painter, all, faint);
        painter.setClipping(false);
        painter.fillPath(rounded(QRectF(now.left(), now.top(), std::max(now.width(), m_used > 0 ? 1.0 : 0.0), now.height())), ink);
        return;
    }
    faint.setAlphaF(0.25F);
    painter.fillPath(rounded(now), faint);
    QPen pen(ink, 1);
    pen.setDashPattern({3, 2});
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    if (all.width() >= 1.5) painter.drawRoundedRect(all.adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
}

}  // namespace loom::ui
