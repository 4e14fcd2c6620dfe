// SPDX-License-Identifier: GPL-3.0-or-later
// AttentionView: layout in device pixels and drawing.
#include <algorithm>
#include <cmath>

#include <QPainter>
#include <QPainterPath>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/common/workshop.h"
#include "widgets/inside/attention_view.h"
#include "widgets/inside/cell_image.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

namespace {

constexpr int kLargestLabel = 92;  // logical pixels of a label's text
constexpr int kLargestCell = 48;   // logical pixels
constexpr int kLabelGap = 6;
constexpr int kDrawnAtOnce = 256;      // tokens: the map of a longer story is drawn by another thread
constexpr int kStretchBelow = 8;       // device pixels: smaller cells share the side without gaps
constexpr double kSlant = 0.70710678;  // cos 45°

QRgb mixed(const QColor& a, const QColor& b, double t) {
    return qRgb(static_cast<int>(a.red() + (b.red() - a.red()) * t), static_cast<int>(a.green() + (b.green() - a.green()) * t),
                static_cast<int>(a.blue() + (b.blue() - a.blue()) * t));
}

}  // namespace

AttentionView::Layout AttentionView::layoutFor(QSize size, double ratio) const {
    Layout layout;
    layout.ratio = ratio;
    layout.tokens = m_head >= 0 && m_head < m_heads->heads() ? m_heads->tokens() : 0;
    const QFontMetrics metrics(font());
    int widest = metrics.horizontalAdvance(QStringLiteral("000"));
    for (int token = 0; token < layout.tokens; ++token) {
        if (widest >= kLargestLabel) break;
        widest = std::max(widest, metrics.horizontalAdvance(label(token, 0)) + 2);
    }
    widest = std::min(widest, kLargestLabel);
    layout.left = widest + kLabelGap;
    layout.top = static_cast<int>(std::ceil((widest + metrics.height()) * kSlant)) + kLabelGap;
    if (layout.tokens == 0) return layout;
    const int overhang = static_cast<int>(widest * kSlant);  // the last slanted label leans out at the right
    const int available = std::max(16, std::min(size.width() - layout.left - overhang, size.height() - layout.top - 2));
    const int limit = static_cast<int>(std::floor(available * ratio));
    const int cap = static_cast<int>(kLargestCell * ratio) * layout.tokens;
    layout.block = (layout.tokens + limit - 1) / limit;
    const int cells = (layout.tokens + layout.block - 1) / layout.block;
    const int wanted = std::min(limit, cap);
    const bool stretch = wanted / cells < kStretchBelow;
    if (layout.block == 1) {
        layout.edges = cellEdges(cells, wanted, stretch);
    } else {
        // The last drawn cell may hold fewer tokens than the others.
        layout.edges.resize(static_cast<std::size_t>(cells) + 1);
        for (int i = 0; i <= cells; ++i) {
            const std::int64_t token = std::min<std::int64_t>(static_cast<std::int64_t>(i) * layout.block, layout.tokens);
            layout.edges[static_cast<std::size_t>(i)] = static_cast<int>(token * wanted / layout.tokens);
        }
    }
    layout.side = layout.edges.back();
    layout.cell = static_cast<double>(layout.side) / layout.tokens;
    return layout;
}

void AttentionView::ensureLayout() {
    if (m_layoutValid && m_layout.ratio == devicePixelRatioF()) return;
    m_layout = layoutFor(size(), devicePixelRatioF());
    m_layoutValid = true;
    m_imageValid = false;
}

QRectF AttentionView::rectOf(const Layout& layout, AttentionCell cell) const {
    const auto edge = [&layout](int token) {
        if (layout.block == 1) return static_cast<double>(layout.edges[static_cast<std::size_t>(token)]);
        return token * layout.cell;
    };
    const QPointF topLeft(layout.left + edge(cell.key) / layout.ratio, layout.top + edge(cell.query) / layout.ratio);
    const QPointF bottomRight(layout.left + edge(cell.key + 1) / layout.ratio, layout.top + edge(cell.query + 1) / layout.ratio);
    return {topLeft, bottomRight};
}

int AttentionView::labelStep() const {
    const Layout layout = m_layoutValid ? m_layout : layoutFor(size(), devicePixelRatioF());
    if (layout.tokens == 0) return 1;
    const double cell = layout.cell / layout.ratio;
    const int needed = std::max(12, QFontMetrics(font()).height() - 2);
    return std::max(1, static_cast<int>(std::ceil(needed / cell)));
}

QString AttentionView::label(int token, int width) const {
    const QString text =
        token < m_story->rowCount() ? visibleText(QString::fromStdString(m_story->step(token).label)) : QString::number(token);
    return width > 0 ? QFontMetrics(font()).elidedText(text, Qt::ElideMiddle, width) : text;
}

struct AttentionView::Style {
    CellStyle cells;
    std::vector<int> edges;
    double ratio = 1;

    [[nodiscard]] QImage draw(const QImage& levels) const { return renderCells(levels, edges, cells); }
    [[nodiscard]] int count() const { return static_cast<int>(edges.size()) - 1; }
};

AttentionView::Style AttentionView::styleFor(const Layout& layout, const QPalette& colours) const {
    const QColor back = colours.color(QPalette::Window);
    const QColor text = colours.color(QPalette::WindowText);
    Style style{{}, layout.edges, layout.ratio};
    style.cells.table = m_heads->scale() == ValueScale::Weights ? levelTable(m_colourMap) : signedTable();
    style.cells.gap = back.rgb();
    style.cells.hatch = mixed(back, text, 0.16);
    const bool large = layout.block == 1 && layout.cell >= kStretchBelow;
    style.cells.gapWidth = large ? std::max(1, static_cast<int>(std::floor(layout.ratio))) : 0;
    style.cells.hatchPeriod = static_cast<int>(std::lround(7 * layout.ratio));
    style.cells.hatchWidth = std::max(1, static_cast<int>(std::lround(layout.ratio)));
    return style;
}

bool AttentionView::isDrawing() const { return m_wanted >= 0; }

QImage AttentionView::tile() {
    const auto kept = m_tiles.find(m_head);
    if (kept != m_tiles.end()) return kept->second;
    const Style style = styleFor(m_layout, palette());
    if (m_layout.tokens <= kDrawnAtOnce) return m_tiles[m_head] = style.draw(m_heads->levels(m_head, style.count()));
    if (m_wanted == m_head) return {};
    m_wanted = m_head;
    if (!m_workshop) m_workshop = std::make_unique<Workshop>();
    m_workshop->clear();
    m_workshop->run([this, style, values = m_heads->values(), head = m_head, scale = m_heads->scale(),
                     limit = m_heads->limit(m_head)]() -> Workshop::Finish {
        const QImage image = style.draw(values.levels(head, style.count(), scale, limit));
        return [this, image, head] {
            if (m_wanted != head) return;
            m_wanted = -1;
            m_tiles[head] = image;
            m_imageValid = false;
            update();
            emit drawn();
        };
    });
    return {};
}

void AttentionView::paintLabel(QPainter& painter, const Layout& layout, int token, bool isQuery, const QColor& colour, bool filled) const {
    const QFontMetrics metrics(font());
    const QString text = label(token, layout.left - kLabelGap);
    const int width = metrics.horizontalAdvance(text);
    const QRectF cell = rectOf(layout, {std::max(token, 0), token});
    const QColor back = painter.background().color();
    painter.save();
    if (isQuery) {
        painter.translate(layout.left - kLabelGap - width, cell.center().y());
    } else {
        painter.translate(cell.center().x() + metrics.height() * 0.15, layout.top - kLabelGap + 1);
        painter.rotate(-45);
    }
    const QRectF box(-2, -metrics.height() / 2.0, width + 4, metrics.height());
    if (filled) painter.fillRect(box, back);
    painter.setPen(colour);
    painter.drawText(QPointF(0, metrics.ascent() - metrics.height() / 2.0), text);
    painter.restore();
}

void AttentionView::paintLabels(QPainter& painter, const Layout& layout, const QPalette& colours) const {
    const int step =
        std::max(1, static_cast<int>(std::ceil(std::max(12, QFontMetrics(font()).height() - 2) / (layout.cell / layout.ratio))));
    for (int token = 0; token < layout.tokens; token += step) {
        paintLabel(painter, layout, token, true, mutedText(colours), false);
        paintLabel(painter, layout, token, false, mutedText(colours), false);
    }
}

void AttentionView::ensureImage() {
    ensureLayout();
    if (m_imageValid) return;
    const QImage map = m_layout.tokens > 0 ? tile() : QImage();
    const bool same = m_image.size() ==
                      QSize(static_cast<int>(std::ceil(width() * m_layout.ratio)), static_cast<int>(std::ceil(height() * m_layout.ratio)));
    if (m_layout.tokens > 0 && map.isNull() && same && !m_image.isNull()) return;  // what was in sight stays until the map is there
    m_imageValid = !map.isNull() || m_layout.tokens == 0;
    m_image = QImage(QSize(static_cast<int>(std::ceil(width() * m_layout.ratio)), static_cast<int>(std::ceil(height() * m_layout.ratio))),
                     QImage::Format_ARGB32_Premultiplied);
    m_image.setDevicePixelRatio(m_layout.ratio);
    m_image.fill(palette().color(QPalette::Window));
    if (m_layout.tokens == 0) return;
    QPainter painter(&m_image);
    painter.setFont(font());
    paintLabels(painter, m_layout, palette());
    if (map.isNull()) return;
    // Whole device pixels, whatever the ratio: drawn without any transform.
    painter.scale(1 / m_layout.ratio, 1 / m_layout.ratio);
    painter.drawImage(
        QPoint(static_cast<int>(std::lround(m_layout.left * m_layout.ratio)), static_cast<int>(std::lround(m_layout.top * m_layout.ratio))),
        map);
}

void AttentionView::paintMarks(QPainter& painter, const Layout& layout) const {
    const QColor text = palette().color(QPalette::WindowText);
    const auto mark = [&](AttentionCell cell, const QColor& line, double width) {
        if (!cell.isValid() || cell.query >= layout.tokens) return;
        const QRectF rect = rectOf(layout, cell);
        const double grow = std::max(0.0, (6 - rect.width()) / 2) + width / 2;
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(palette().color(QPalette::Window), width + 2));
        painter.drawRect(rect.adjusted(-grow, -grow, grow, grow));
        painter.setPen(QPen(line, width));
        painter.drawRect(rect.adjusted(-grow, -grow, grow, grow));
    };
    painter.setBackground(palette().color(QPalette::Window));
    const AttentionCell named = m_hovered.isValid() ? m_hovered : m_locked;
    if (named.isValid() && named.query < layout.tokens) {
        paintLabel(painter, layout, named.query, true, text, true);
        paintLabel(painter, layout, named.key, false, text, true);
    }
    if (m_hovered != m_locked) mark(m_hovered, text, 1.5);
    mark(m_locked, accent(palette()), 2.5);
}

void AttentionView::paintEvent(QPaintEvent* /*event*/) {
    ensureImage();
    QPainter painter(this);
    // The widget may begin between two device pixels: begin on a whole one.
    const QPointF origin = painter.deviceTransform().map(QPointF(0, 0));
    painter.translate((std::round(origin.x()) - origin.x()) / m_layout.ratio, (std::round(origin.y()) - origin.y()) / m_layout.ratio);
    painter.drawImage(QPointF(0, 0), m_image);
    if (m_layout.tokens == 0) return;
    paintMarks(painter, m_layout);
    if (hasFocus() && !m_locked.isValid() && !m_hovered.isValid()) {
        painter.setPen(QPen(accent(palette()), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(mapRect().adjusted(-1.5, -1.5, 1.5, 1.5));
    }
}

void AttentionView::drawFigure(QPainter& painter, const QPalette& colours) const {
    const Layout layout = layoutFor(size(), 2.0);
    if (layout.tokens == 0) return;
    painter.setFont(font());
    paintLabels(painter, layout, colours);
    const double side = layout.side / layout.ratio;
    const Style style = styleFor(layout, colours);
    const QImage map = style.draw(m_heads->levels(m_head, style.count()));
    painter.drawImage(QRectF(layout.left, layout.top, side, side), map);
}

}  // namespace loom::ui
