// SPDX-License-Identifier: GPL-3.0-or-later
// LaneLegend: painted in one line, chips from left to right.
#include "widgets/cache/lane_legend.h"

#include <QLinearGradient>
#include <QLocale>
#include <QPainter>

#include "widgets/common/byte_bar.h"
#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/itemmodels/cache_model.h"

namespace loom::ui {

namespace {
constexpr int kChip = 10;
constexpr int kRamp = 64;
}  // namespace

LaneLegend::LaneLegend(CacheModel* cache, QWidget* parent) : QWidget(parent), m_cache(cache) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    const auto refresh = [this] { update(); };
    connect(cache, &CacheModel::modelReset, this, refresh);
    connect(cache, &CacheModel::dataChanged, this, [this] {
        if (m_value == OccupancyView::Value::Norm) update();
    });
}

void LaneLegend::setValue(OccupancyView::Value value) {
    m_value = value;
    update();
}

QSize LaneLegend::sizeHint() const { return {420, fontMetrics().height() + 4}; }

void LaneLegend::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    const QFontMetrics metrics(font());
    int x = 0;
    const auto text = [&](const QString& words, const QColor& ink) {
        painter.setPen(ink);
        painter.drawText(QRect(x, 0, width() - x, height()), Qt::AlignLeft | Qt::AlignVCenter, words);
        x += metrics.horizontalAdvance(words);
    };
    const int top = (height() - kChip) / 2;
    for (int i = 0; i < m_cache->lanes(); ++i) {
        const LaneSpec& lane = m_cache->spec().lanes[static_cast<std::size_t>(i)];
        const QColor full = laneColour(lane.lane);
        const auto range = m_cache->normRange(i);
        if (m_value == OccupancyView::Value::Norm && range) {
            const QLocale locale;
            text(tr("%1 norm %2").arg(laneTitle(lane.lane), locale.toString(static_cast<double>(range->first), 'f', 2)),
                 mutedText(palette()));
            x += 6;
            QLinearGradient ramp(x, 0, x + kRamp, 0);
            ramp.setColorAt(0, normColour(lane.lane, range->first, {range->first, range->first + 1}, palette()));
            ramp.setColorAt(1, full);
            painter.fillRect(QRect(x, top, kRamp, kChip), ramp);
            x += kRamp + 6;
            text(locale.toString(static_cast<double>(range->second), 'f', 2), mutedText(palette()));
        } else {
            painter.fillRect(QRect(x, top, kChip, kChip), full);
            x += kChip + 6;
            text(tr("%1, %2 numbers").arg(laneTitle(lane.lane), formatCount(lane.width)), mutedText(palette()));
        }
        x += 16;
    }
    if (m_cache->lanes() == 0) return;
    paintHatch(painter, QRectF(x, top, kChip * 1.6, kChip), mutedText(palette()));
    x += static_cast<int>(kChip * 1.6) + 6;
    text(tr("free"), mutedText(palette()));
}

}  // namespace loom::ui
