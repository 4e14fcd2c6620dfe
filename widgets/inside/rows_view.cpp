// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/rows_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/inside/colour_map.h"
#include "widgets/itemmodels/head_values.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

namespace {

constexpr int kGap = 6;        // between the picture and its labels
constexpr int kPageStep = 10;  // positions
constexpr int kLabelRoom = 72;

/// Index of the cell of `count` that the pixel belongs to, of `length` pixels.
int cellOf(double place, double length, int count) { return std::clamp(static_cast<int>(place / length * count), 0, count - 1); }

}  // namespace

RowsView::RowsView(const StoryModel* story, QWidget* parent) : QWidget(parent), m_story(story) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("What the layer keeps"));
    setAccessibleDescription(tr("Columns are positions of the story, lines are channels. Arrow keys move, Return locks, Escape unlocks."));
}

void RowsView::setRows(std::shared_ptr<const void> owner, const std::vector<float>* rows, int width) {
    m_owner = std::move(owner);
    m_rows = rows && width > 0 && !rows->empty() && rows->size() % static_cast<std::size_t>(width) == 0 ? rows : nullptr;
    m_width = m_rows ? width : 0;
    m_tokens = m_rows ? static_cast<int>(m_rows->size() / static_cast<std::size_t>(width)) : 0;
    m_limit = 0;
    if (m_rows) {
        for (const float number : *m_rows) m_limit = std::max(m_limit, std::abs(number));
    }
    m_picture = {};
    if (!knows(m_locked)) m_locked = {};
    if (!knows(m_hovered)) m_hovered = {};
    update();
    emit cellChanged();
}

bool RowsView::knows(KeptCell cell) const { return cell.isValid() && cell.token < m_tokens && cell.channel < m_width; }

float RowsView::value(KeptCell cell) const {
    return knows(cell) ? (*m_rows)[static_cast<std::size_t>(cell.token) * static_cast<std::size_t>(m_width) +
                                   static_cast<std::size_t>(cell.channel)]
                       : 0.0F;
}

void RowsView::setHovered(KeptCell cell) {
    if (!knows(cell)) cell = {};
    if (cell == m_hovered) return;
    m_hovered = cell;
    update();
    emit cellChanged();
}

void RowsView::lock(KeptCell cell) {
    if (!knows(cell)) cell = {};
    if (cell == m_locked) return;
    m_locked = cell;
    update();
    emit cellChanged();
}

QRectF RowsView::mapRect() const {
    const QFontMetrics metrics(font());
    const int left = metrics.horizontalAdvance(tr("channel %1").arg(std::max(m_width - 1, 0))) + kGap;
    const int below = metrics.height() + kGap;
    return {static_cast<double>(left), 1.0, static_cast<double>(std::max(8, width() - left - 2)),
            static_cast<double>(std::max(8, height() - below - 2))};
}

QRectF RowsView::cellRect(KeptCell cell) const {
    if (!knows(cell)) return {};
    const QRectF map = mapRect();
    const double w = map.width() / m_tokens;
    const double h = map.height() / m_width;
    return {map.left() + cell.token * w, map.top() + cell.channel * h, w, h};
}

KeptCell RowsView::cellAt(QPointF point) const {
    const QRectF map = mapRect();
    if (m_tokens == 0 || !map.contains(point)) return {};
    return {cellOf(point.x() - map.left(), map.width(), m_tokens), cellOf(point.y() - map.top(), map.height(), m_width)};
}

// An image of at most so many pixels: one per cell, or one per block of cells.
QImage RowsView::picture(QSize pixels) const {
    const int columns = std::clamp(pixels.width(), 1, m_tokens);
    const int lines = std::clamp(pixels.height(), 1, m_width);
    QImage image(columns, lines, QImage::Format_Indexed8);
    image.setColorTable(signedTable());
    const auto end = [](int i, int count, int cells) { return static_cast<int>((static_cast<std::int64_t>(i) + 1) * cells / count); };
    for (int y = 0; y < lines; ++y) {
        uchar* line = image.scanLine(y);
        const int firstChannel = y == 0 ? 0 : end(y - 1, lines, m_width);
        int token = 0;
        for (int x = 0; x < columns; ++x) {
            float far = 0;
            for (const int last = end(x, columns, m_tokens); token < last; ++token) {
                const float* row = m_rows->data() + static_cast<std::size_t>(token) * static_cast<std::size_t>(m_width);
                for (int channel = firstChannel; channel < end(y, lines, m_width); ++channel) {
                    if (std::abs(row[channel]) > std::abs(far)) far = row[channel];
                }
            }
            const float share = m_limit > 0 ? std::sqrt(std::abs(far) / m_limit) : 0;
            line[x] = static_cast<uchar>(signedLevel(std::copysign(share, far), 1));
        }
    }
    return image;
}

void RowsView::drawAxes(QPainter& painter, const QPalette& colours) const {
    const QRectF map = mapRect();
    const QFontMetrics metrics(font());
    painter.setFont(font());
    painter.setPen(mutedText(colours));
    const QRectF left(0, map.top(), map.left() - kGap, map.height());
    painter.drawText(left, Qt::AlignRight | Qt::AlignTop, tr("channel %1").arg(0));
    if (map.height() > 2 * metrics.height()) painter.drawText(left, Qt::AlignRight | Qt::AlignBottom, tr("channel %1").arg(m_width - 1));
    const double cell = map.width() / m_tokens;
    const int step = std::max(1, static_cast<int>(std::ceil(kLabelRoom / cell)));
    for (int token = 0; token < m_tokens; token += step) {
        const QString text =
            token < m_story->rowCount() ? visibleText(QString::fromStdString(m_story->step(token).label)) : QString::number(token);
        const QRectF box(map.left() + token * cell, map.bottom() + 2, kLabelRoom - 4, metrics.height() + 2);
        if (box.right() > width() + kLabelRoom / 2.0) break;
        painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(text, Qt::ElideRight, static_cast<int>(std::min(box.width(), width() - box.left()))));
    }
}

void RowsView::drawFigure(QPainter& painter, const QPalette& colours) const {
    if (m_tokens == 0) return;
    const QRectF map = mapRect();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(map, picture((map.size() * 2).toSize()));
    drawAxes(painter, colours);
}

void RowsView::paintEvent(QPaintEvent* /*event*/) {
    if (m_tokens == 0) return;
    QPainter painter(this);
    const QRectF map = mapRect();
    const QSize pixels = (map.size() * devicePixelRatioF()).toSize();
    if (m_picture.isNull() || m_pictureFor != pixels) {
        m_picture = picture(pixels);
        m_pictureFor = pixels;
    }
    painter.drawImage(map, m_picture);
    drawAxes(painter, palette());
    const auto mark = [&](KeptCell cell, const QColor& line, double width) {
        if (!knows(cell)) return;
        const QRectF rect = cellRect(cell);
        const double x = std::max(0.0, (6 - rect.width()) / 2) + width / 2;
        const double y = std::max(0.0, (6 - rect.height()) / 2) + width / 2;
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(palette().color(QPalette::Window), width + 2));
        painter.drawRect(rect.adjusted(-x, -y, x, y));
        painter.setPen(QPen(line, width));
        painter.drawRect(rect.adjusted(-x, -y, x, y));
    };
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_hovered != m_locked) mark(m_hovered, palette().color(QPalette::WindowText), 1.5);
    mark(m_locked, accent(palette()), 2.5);
    if (hasFocus() && !shown().isValid()) {
        painter.setPen(QPen(accent(palette()), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(map);
    }
}

void RowsView::mouseMoveEvent(QMouseEvent* event) { setHovered(cellAt(event->position())); }

void RowsView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return event->ignore();
    const KeptCell cell = cellAt(event->position());
    lock(cell == m_locked ? KeptCell{} : cell);
}

void RowsView::leaveEvent(QEvent* /*event*/) { setHovered({}); }

void RowsView::place(KeptCell cell) {
    cell.token = std::clamp(cell.token, 0, m_tokens - 1);
    cell.channel = std::clamp(cell.channel, 0, m_width - 1);
    if (m_locked.isValid()) {
        lock(cell);
    } else {
        setHovered(cell);
    }
}

void RowsView::keyPressEvent(QKeyEvent* event) {
    if (m_tokens == 0) return QWidget::keyPressEvent(event);
    const KeptCell now = shown().isValid() ? shown() : KeptCell{m_tokens - 1, 0};
    const bool begun = shown().isValid();
    const auto move = [&](int tokens, int channels) { place(begun ? KeptCell{now.token + tokens, now.channel + channels} : now); };
    switch (event->key()) {
        case Qt::Key_Left: move(-1, 0); break;
        case Qt::Key_Right: move(1, 0); break;
        case Qt::Key_Up: move(0, -1); break;
        case Qt::Key_Down: move(0, 1); break;
        case Qt::Key_PageUp: move(-kPageStep, 0); break;
        case Qt::Key_PageDown: move(kPageStep, 0); break;
        case Qt::Key_Home: place({0, now.channel}); break;
        case Qt::Key_End: place({m_tokens - 1, now.channel}); break;
        case Qt::Key_Return:
        case Qt::Key_Enter:
        case Qt::Key_Space: lock(m_locked.isValid() ? KeptCell{} : now); break;
        case Qt::Key_Escape:
            if (!begun) return QWidget::keyPressEvent(event);
            if (m_locked.isValid()) {
                lock({});
            } else {
                setHovered({});
            }
            break;
        default: return QWidget::keyPressEvent(event);
    }
    event->accept();
}

bool RowsView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape && m_locked.isValid()) {
        event->accept();
        return true;
    }
    return QWidget::event(event);
}

}  // namespace loom::ui
