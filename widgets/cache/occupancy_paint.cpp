// SPDX-License-Identifier: GPL-3.0-or-later
// OccupancyView: layout and drawing. Lanes are images in device pixels, one scan line repeated.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <QPainter>
#include <QScrollBar>

#include "widgets/cache/occupancy_view.h"
#include "widgets/common/lane_colour.h"
#include "widgets/common/theme.h"
#include "widgets/itemmodels/cache_model.h"

namespace loom::ui {

namespace {

constexpr int kSmallestTall = 14;  // logical pixels of a layer's tall lane
constexpr int kLargestTall = 32;
constexpr int kLaneGap = 2;
constexpr int kRight = 12;  // room for half of the last axis label

// A rotary key is drawn half as high as a latent, keys as high as values.
int heightOf(CacheLane lane, int tall) { return lane == CacheLane::RotaryKey ? std::max(6, tall / 2) : tall; }

int layerHeight(const CacheSpec& spec, int tall) {
    int height = -kLaneGap;
    for (const LaneSpec& lane : spec.lanes) height += heightOf(lane.lane, tall) + kLaneGap;
    return height;
}

int layerGap(int tall) { return std::max(6, tall / 2); }

int axisHeight(const QFont& font) { return QFontMetrics(font).height() + 10; }

}  // namespace

int OccupancyView::fullHeight() const {
    if (m_cache->lanes() == 0) return 0;
    return m_cache->layers() * (layerHeight(m_cache->spec(), kLargestTall) + layerGap(kLargestTall)) + axisHeight(font());
}

OccupancyView::Layout OccupancyView::layoutFor(QSize size, double ratio) const {
    Layout layout;
    layout.ratio = ratio;
    const int layers = m_cache->layers();
    if (layers == 0 || m_cache->lanes() == 0) return layout;
    const int room = size.height() - axisHeight(font());
    int tall = kSmallestTall;
    while (tall < kLargestTall && layers * (layerHeight(m_cache->spec(), tall + 1) + layerGap(tall + 1)) <= room) ++tall;
    int y = 0;
    for (const LaneSpec& lane : m_cache->spec().lanes) {
        const int height = heightOf(lane.lane, tall);
        layout.lanes.emplace_back(y, height);
        y += height + kLaneGap;
    }
    layout.pitch = layerHeight(m_cache->spec(), tall) + layerGap(tall);
    const QFontMetrics metrics(font());
    layout.left = std::max(metrics.horizontalAdvance(tr("layer %1").arg(layers - 1)), metrics.horizontalAdvance(tr("position"))) + 14;
    layout.top = -verticalScrollBar()->value();
    layout.width = std::max(1, static_cast<int>(std::floor((size.width() - layout.left - kRight) * ratio)));
    return layout;
}

void OccupancyView::relayout() {
    const Layout layout = layoutFor(viewport()->size(), devicePixelRatioF());
    const int content = m_cache->layers() * layout.pitch + axisHeight(font());
    verticalScrollBar()->setRange(0, std::max(0, content - viewport()->height()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(std::max(1, layout.pitch));
    // Rows do not grow without end: what is left over goes to the figures below.
    if (m_cache->lanes() > 0) setMaximumHeight(fullHeight() + 4);
    invalidate();
}

int OccupancyView::edge(const Layout& layout, int position) const {
    return static_cast<int>(static_cast<std::int64_t>(position) * layout.width / std::max(1, m_cache->capacity()));
}

QRectF OccupancyView::rectOf(const Layout& layout, OccupancyCell cell) const {
    const auto [top, height] = layout.lanes[static_cast<std::size_t>(cell.row % m_cache->lanes())];
    const double left = layout.left + edge(layout, cell.position) / layout.ratio;
    const double right = layout.left + edge(layout, cell.position + 1) / layout.ratio;
    const double y = layout.top + cell.row / m_cache->lanes() * layout.pitch + top;
    return {left, y, std::max(right - left, 1 / layout.ratio), static_cast<double>(height)};
}

QRectF OccupancyView::cellRect(OccupancyCell cell) const {
    if (!cell.isValid() || cell.row >= m_cache->rowCount()) return {};
    return rectOf(layoutFor(viewport()->size(), devicePixelRatioF()), cell);
}

QRectF OccupancyView::laneRect(int row) const {
    if (row < 0 || row >= m_cache->rowCount() || m_cache->capacity() == 0) return {};
    return cellRect({row, 0}).united(cellRect({row, m_cache->capacity() - 1}));
}

// One pixel column may stand for several positions: it shows the largest norm among them.
QImage OccupancyView::laneImage(const Layout& layout, int row, const QPalette& colours) const {
    const auto laneIndex = static_cast<std::size_t>(row % m_cache->lanes());
    const CacheLane lane = m_cache->spec().lanes[laneIndex].lane;
    const int height = std::max(1, static_cast<int>(std::lround(layout.lanes[laneIndex].second * layout.ratio)));
    QImage image(layout.width, height, QImage::Format_ARGB32_Premultiplied);
    const auto range = m_cache->normRange(static_cast<int>(laneIndex));
    const QColor back = colours.color(QPalette::Window);
    const QColor text = colours.color(QPalette::WindowText);
    const auto mix = [&](const QColor& a, const QColor& b, double t) {
        return qRgb(static_cast<int>(a.red() + (b.red() - a.red()) * t), static_cast<int>(a.green() + (b.green() - a.green()) * t),
                    static_cast<int>(a.blue() + (b.blue() - a.blue()) * t));
    };
    const QRgb ground = mix(back, text, 0.035);
    const QRgb line = mix(back, text, 0.2);
    const QRgb filled = laneColour(lane).rgb();
    const int period = std::max(3, static_cast<int>(std::lround(7 * layout.ratio)));
    const int thick = std::max(1, static_cast<int>(std::lround(layout.ratio)));
    enum class Ink { Solid, Unknown, Free };
    std::vector<QRgb> colour(static_cast<std::size_t>(layout.width), ground);
    std::vector<Ink> ink(static_cast<std::size_t>(layout.width), Ink::Free);
    for (int position = 0; position < m_cache->used(); ++position) {
        const int from = edge(layout, position);
        const int to = std::max(from + 1, edge(layout, position + 1));
        const bool gap = to - from >= 4;
        Ink kind = Ink::Solid;
        QRgb value = filled;
        if (m_value == Value::Norm) {
            const std::optional<float> norm = m_cache->norm(row, position);
            if (norm && range)
                value = normColour(lane, *norm, *range, colours).rgb();
            else
                kind = Ink::Unknown;
        }
        for (int x = from; x < std::min(to, layout.width); ++x) {
            const auto at = static_cast<std::size_t>(x);
            if (gap && x == to - 1) {
                colour[at] = m_value == Value::Norm ? back.rgb() : mix(back, QColor(filled), 0.72);
                ink[at] = Ink::Solid;
            } else {
                colour[at] = kind == Ink::Solid ? value : ground;
                ink[at] = kind;
            }
        }
    }
    for (int y = 0; y < height; ++y) {
        auto* out = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < layout.width; ++x) {
            const auto at = static_cast<std::size_t>(x);
            const bool hatched = ink[at] != Ink::Solid && (x + y) % period < thick;
            out[x] = !hatched ? colour[at] : ink[at] == Ink::Free ? line : filled;
        }
    }
    return image;
}

void OccupancyView::drawAxis(QPainter& painter, const Layout& layout, int y, const QPalette& colours) const {
    const int capacity = m_cache->capacity();
    if (capacity <= 0) return;
    const QFontMetrics metrics(font());
    // Powers of two, far enough apart to be read.
    const int needed = metrics.horizontalAdvance(QString::number(capacity)) + 64;
    int step = 1;
    while (step * layout.width / layout.ratio / capacity < needed && step < capacity) step *= 2;
    painter.setPen(mutedText(colours));
    const auto tick = [&](int position) {
        const double x = layout.left + edge(layout, position) / layout.ratio;
        painter.drawLine(QPointF(x, y + 1), QPointF(x, y + 5));
        const QString label = QString::number(position);
        painter.drawText(QPointF(x - metrics.horizontalAdvance(label) / 2.0, y + 6 + metrics.ascent()), label);
    };
    for (int position = 0; position + step / 2 < capacity; position += step) tick(position);
    tick(capacity);
    painter.drawText(QPointF(0, y + 6 + metrics.ascent()), tr("position"));
}

void OccupancyView::drawAll(QPainter& painter, const Layout& layout, QSize size, const QPalette& colours) const {
    if (layout.pitch <= 0) return;
    const double ratio = layout.ratio;
    painter.setFont(font());
    const int block = layout.lanes.back().first + layout.lanes.back().second;
    for (int layer = 0; layer < m_cache->layers(); ++layer) {
        const int y = layout.top + layer * layout.pitch;
        if (y + layout.pitch < 0 || y > size.height()) continue;
        painter.setPen(mutedText(colours));
        painter.drawText(QRect(0, y, layout.left - 8, block), Qt::AlignLeft | Qt::AlignVCenter, tr("layer %1").arg(layer));
        for (int lane = 0; lane < m_cache->lanes(); ++lane) {
            const QImage image = laneImage(layout, layer * m_cache->lanes() + lane, colours);
            const double top = std::lround((y + layout.lanes[static_cast<std::size_t>(lane)].first) * ratio) / ratio;
            const double left = std::lround(layout.left * ratio) / ratio;
            painter.drawImage(QRectF(left, top, image.width() / ratio, image.height() / ratio), image);
        }
    }
    const int bottom = layout.top + m_cache->layers() * layout.pitch - (layout.pitch - block);
    drawAxis(painter, layout, bottom, colours);
}

void OccupancyView::paintEvent(QPaintEvent* /*event*/) {
    const Layout layout = layoutFor(viewport()->size(), devicePixelRatioF());
    if (layout.pitch <= 0) return;
    if (!m_imageValid || m_image.devicePixelRatio() != layout.ratio) {
        const QSizeF wanted = QSizeF(viewport()->size()) * layout.ratio;
        m_image = QImage(static_cast<int>(std::ceil(wanted.width())), static_cast<int>(std::ceil(wanted.height())),
                         QImage::Format_ARGB32_Premultiplied);
        m_image.setDevicePixelRatio(layout.ratio);
        m_image.fill(palette().color(QPalette::Window));
        QPainter baker(&m_image);
        drawAll(baker, layout, viewport()->size(), palette());
        m_imageValid = true;
    }
    QPainter painter(viewport());
    const QPointF origin = painter.deviceTransform().map(QPointF(0, 0));
    painter.translate((std::round(origin.x()) - origin.x()) / layout.ratio, (std::round(origin.y()) - origin.y()) / layout.ratio);
    painter.drawImage(QPointF(0, 0), m_image);
    if (m_cell.isValid() && m_cell.row < m_cache->rowCount()) {
        const QRectF rect = rectOf(layout, m_cell);
        const double grow = std::max(1.0, (5 - rect.width()) / 2);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(palette().color(QPalette::Window), 3));
        painter.drawRect(rect.adjusted(-grow, -1, grow, 1));
        painter.setPen(QPen(palette().color(QPalette::WindowText), 1.5));
        painter.drawRect(rect.adjusted(-grow, -1, grow, 1));
    } else if (hasFocus()) {
        const double height = m_cache->layers() * layout.pitch;
        painter.setPen(accent(palette()));
        painter.drawRect(
            QRectF(layout.left - 2, layout.top - 0.5, layout.width / layout.ratio + 3, height - layerGap(layout.pitch / 2) / 2.0));
    }
}

void OccupancyView::drawFigure(QPainter& painter, const QPalette& colours) const {
    Layout layout = layoutFor(viewport()->size(), 2.0);
    layout.top = 0;
    drawAll(painter, layout, viewport()->size(), colours);
}

}  // namespace loom::ui
