// SPDX-License-Identifier: GPL-3.0-or-later
// HeadGrid: the thumbnails are as large as the space allows.
#include "widgets/inside/head_grid.h"

#include <algorithm>
#include <cmath>

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include "widgets/common/theme.h"
#include "widgets/inside/cell_image.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {

namespace {

constexpr int kPad = 6;  // between the frame and what it holds
constexpr int kGap = 4;  // between frames
constexpr int kSmallest = 56;
constexpr int kLargest = 260;

int captionHeight(const QFont& font) { return QFontMetrics(font).height() + 4; }

}  // namespace

HeadGrid::HeadGrid(HeadsModel* heads, QWidget* parent) : QAbstractScrollArea(parent), m_heads(heads) {
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Heads of this layer"));
    setAccessibleDescription(tr("Arrow keys choose the head that is shown large."));
    viewport()->setAutoFillBackground(false);
    connect(heads, &HeadsModel::modelReset, this, [this] {
        relayout();
        forgetPictures();
    });
    connect(heads, &HeadsModel::dataChanged, this, [this](const QModelIndex& first, const QModelIndex& last) {
        for (int head = first.row(); head <= last.row() && head < static_cast<int>(m_pictures.size()); ++head)
            m_pictures[static_cast<std::size_t>(head)] = {};
        viewport()->update();
    });
    relayout();
}

void HeadGrid::setCurrent(int head) {
    if (head == m_current || head < 0) return;
    m_current = head;
    if (head < m_heads->heads()) {
        const QRect rect = headRect(head);
        QScrollBar* bar = verticalScrollBar();
        if (rect.top() < 0) bar->setValue(bar->value() + rect.top() - kGap);
        if (rect.bottom() > viewport()->height()) bar->setValue(bar->value() + rect.bottom() - viewport()->height() + kGap);
    }
    viewport()->update();
    emit headChosen(head);
}

void HeadGrid::setColourMap(ColourMapKind kind) {
    m_colourMap = kind;
    forgetPictures();
}

void HeadGrid::setOff(std::vector<int> heads) {
    if (heads == m_off) return;
    m_off = std::move(heads);
    viewport()->update();
}

void HeadGrid::forgetPictures() {
    m_pictures.assign(static_cast<std::size_t>(m_heads->heads()), {});
    viewport()->update();
}

void HeadGrid::relayout() {
    const int heads = std::max(1, m_heads->heads());
    const QSize space = viewport()->size();
    const int extra = 2 * kPad + captionHeight(font());
    m_side = kSmallest;
    m_columns = std::max(1, (space.width() + kGap) / (kSmallest + 2 * kPad + kGap));
    for (int columns = std::min(2, heads); columns <= heads; ++columns) {  // one column would leave half the panel empty
        const int rows = (heads + columns - 1) / columns;
        const int wide = (space.width() + kGap) / columns - kGap - 2 * kPad;
        const int high = (space.height() + kGap) / rows - kGap - extra;
        const int side = std::min({wide, high, kLargest});
        if (side > m_side) {
            m_side = side;
            m_columns = columns;
        }
    }
    const int rows = (heads + m_columns - 1) / m_columns;
    const int height = rows * (m_side + extra + kGap) - kGap;
    verticalScrollBar()->setRange(0, std::max(0, height - space.height()));
    verticalScrollBar()->setPageStep(space.height());
    verticalScrollBar()->setSingleStep(m_side / 2);
    viewport()->update();
}

QRect HeadGrid::headRect(int head) const {
    const int width = m_side + 2 * kPad;
    const int height = m_side + 2 * kPad + captionHeight(font());
    return {head % m_columns * (width + kGap), head / m_columns * (height + kGap) - verticalScrollBar()->value(), width, height};
}

int HeadGrid::headAt(QPoint point) const {
    for (int head = 0; head < m_heads->heads(); ++head) {
        if (headRect(head).contains(point)) return head;
    }
    return -1;
}

QImage HeadGrid::drawn(int head, double ratio, const QPalette& colours) const {
    const auto levels = m_heads->data(m_heads->index(head), HeadsModel::ThumbnailRole).value<QImage>();
    if (levels.isNull()) return {};
    const int side = static_cast<int>(std::floor(m_side * ratio));
    const QColor text = colours.color(QPalette::WindowText);
    CellStyle style;
    style.table = levelTable(m_colourMap);
    style.gap = colours.color(QPalette::Window).rgb();
    style.hatch = qRgba(text.red(), text.green(), text.blue(), 40);
    style.hatchPeriod = static_cast<int>(std::lround(6 * ratio));
    style.hatchWidth = std::max(1, static_cast<int>(std::lround(ratio)));
    QImage image = renderCells(levels, cellEdges(levels.width(), side, true), style);
    image.setDevicePixelRatio(ratio);
    return image;
}

QPixmap HeadGrid::picture(int head, double ratio) {
    QPixmap& kept = m_pictures[static_cast<std::size_t>(head)];
    if (kept.isNull() || kept.devicePixelRatio() != ratio) kept = QPixmap::fromImage(drawn(head, ratio, palette()));
    return kept;
}

void HeadGrid::paintHead(QPainter& painter, int head) {
    const QRect frame = headRect(head);
    if (head == m_current) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(accent(palette()), hasFocus() ? 2.5 : 1.5));
        painter.setBrush(tint(palette()));
        painter.drawRoundedRect(QRectF(frame).adjusted(1.5, 1.5, -1.5, -1.5), 6, 6);
        painter.setRenderHint(QPainter::Antialiasing, false);
    }
    const double ratio = devicePixelRatioF();
    const QPointF corner = painter.deviceTransform().map(QPointF(frame.left() + kPad, frame.top() + kPad));
    const QPointF snapped((std::round(corner.x()) - corner.x()) / ratio, (std::round(corner.y()) - corner.y()) / ratio);
    const QPixmap map = picture(head, ratio);
    if (!map.isNull()) {
        painter.drawPixmap(QPointF(frame.left() + kPad, frame.top() + kPad) + snapped, map);
    } else {  // being made
        painter.fillRect(QRect(frame.left() + kPad, frame.top() + kPad, m_side, m_side), QBrush(separator(palette()), Qt::BDiagPattern));
    }
    paintCaption(painter, head, palette());
}

void HeadGrid::paintCaption(QPainter& painter, int head, const QPalette& colours) const {
    const QRect frame = headRect(head);
    const QRect caption(frame.left() + kPad, frame.top() + kPad + m_side, m_side, frame.height() - kPad - m_side - 2);
    const QFontMetrics metrics(font());
    const auto wide = [&](const QString& a, const QString& b) { return metrics.horizontalAdvance(a) + metrics.horizontalAdvance(b) + 10; };
    const QModelIndex index = m_heads->index(head);
    const bool off = std::find(m_off.begin(), m_off.end(), head) != m_off.end();
    QString number = tr("head %1").arg(head);
    const QVariant summed = m_heads->data(index, HeadsModel::EntropyRole);
    const QString value = summed.isValid() ? QLocale().toString(summed.toDouble(), 'f', 2) : QStringLiteral("…");
    QString entropy = off ? tr("switched off") : tr("entropy %1").arg(value);
    if (wide(number, entropy) > m_side) entropy = off ? tr("off") : value;
    if (wide(number, entropy) > m_side) number = QString::number(head);
    painter.setPen(colours.color(QPalette::WindowText));
    painter.drawText(caption, Qt::AlignLeft | Qt::AlignVCenter, number);
    painter.setPen(off ? accent(colours) : mutedText(colours));
    painter.drawText(caption, Qt::AlignRight | Qt::AlignVCenter, entropy);
}

int HeadGrid::contentHeight() const {
    const int heads = m_heads->heads();
    return heads > 0 ? headRect(heads - 1).bottom() + verticalScrollBar()->value() + 1 : 0;
}

void HeadGrid::drawFigure(QPainter& painter, const QPalette& colours) {
    painter.setFont(font());
    for (int head = 0; head < m_heads->heads(); ++head) {
        const QRectF frame = QRectF(headRect(head)).translated(0, verticalScrollBar()->value());
        QImage map = drawn(head, 2, colours);
        map.setDevicePixelRatio(1);
        painter.drawImage(QRectF(frame.left() + kPad, frame.top() + kPad, m_side, m_side), map);
        painter.translate(0, verticalScrollBar()->value());
        paintCaption(painter, head, colours);
        painter.translate(0, -verticalScrollBar()->value());
    }
}

QString HeadGrid::csv() const {
    QString text = QStringLiteral("layer,head,entropy_nats,mean_distance_tokens\n");
    for (int head = 0; head < m_heads->heads(); ++head) {
        const QModelIndex index = m_heads->index(head);
        text += QStringLiteral("%1,%2,%3,%4\n")
                    .arg(m_heads->layer().value())
                    .arg(head)
                    .arg(index.data(HeadsModel::EntropyRole).toDouble(), 0, 'g', 9)
                    .arg(index.data(HeadsModel::DistanceRole).toDouble(), 0, 'g', 9);
    }
    return text;
}

void HeadGrid::contextMenuEvent(QContextMenuEvent* event) {
    if (m_heads->heads() == 0) return;
    Figure figure;
    figure.name = tr("heads-of-layer-%1").arg(m_heads->layer().value());
    figure.size = {viewport()->width(), contentHeight()};
    figure.draw = [this](QPainter& painter, const QPalette& colours) { drawFigure(painter, colours); };
    figure.csv = [this] { return csv(); };
    figureMenu(this, figure)->popup(event->globalPos());
}

void HeadGrid::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    for (int head = 0; head < m_heads->heads(); ++head) {
        if (headRect(head).intersects(event->rect())) paintHead(painter, head);
    }
}

void HeadGrid::resizeEvent(QResizeEvent* /*event*/) {
    relayout();
    forgetPictures();
}

void HeadGrid::mousePressEvent(QMouseEvent* event) {
    const int head = headAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && head >= 0) setCurrent(head);
}

void HeadGrid::keyPressEvent(QKeyEvent* event) {
    const int last = m_heads->heads() - 1;
    int target = m_current;
    switch (event->key()) {
        case Qt::Key_Left: target -= 1; break;
        case Qt::Key_Right: target += 1; break;
        case Qt::Key_Up: target -= m_columns; break;
        case Qt::Key_Down: target += m_columns; break;
        case Qt::Key_Home: target = 0; break;
        case Qt::Key_End: target = last; break;
        default: QAbstractScrollArea::keyPressEvent(event); return;
    }
    if (target >= 0 && target <= last) setCurrent(target);
    event->accept();
}

void HeadGrid::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        relayout();
        forgetPictures();
    }
    QAbstractScrollArea::changeEvent(event);
}

bool HeadGrid::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int head = headAt(help->pos());
        QToolTip::showText(help->globalPos(), head < 0 ? QString() : m_heads->data(m_heads->index(head), Qt::ToolTipRole).toString(), this);
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void HeadGrid::scrollContentsBy(int /*dx*/, int /*dy*/) { viewport()->update(); }

}  // namespace loom::ui
