// SPDX-License-Identifier: GPL-3.0-or-later
// OccupancyView: state, pointer and keyboard. occupancy_paint.cpp draws.
#include "widgets/cache/occupancy_view.h"

#include <algorithm>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>

#include "widgets/common/number_format.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {

namespace {
constexpr int kPageStep = 16;
}

OccupancyView::OccupancyView(StoryModel* story, CacheModel* cache, QWidget* parent)
    : QAbstractScrollArea(parent), m_story(story), m_cache(cache) {
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("What the cache holds, layer by position"));
    setAccessibleDescription(tr("Arrow keys move from lane to lane and from position to position, Escape leaves."));
    viewport()->setAutoFillBackground(false);
    viewport()->setMouseTracking(true);
    connect(cache, &CacheModel::modelReset, this, [this] {
        m_cell = {};
        relayout();
        emit cellChanged();
    });
    connect(cache, &CacheModel::dataChanged, this, [this] {
        invalidate();
        if (m_cell.isValid()) emit cellChanged();
    });
}

void OccupancyView::invalidate() {
    m_imageValid = false;
    viewport()->update();
}

void OccupancyView::setValue(Value value) {
    m_value = value;
    invalidate();
}

void OccupancyView::setCell(OccupancyCell cell) {
    if (!cell.isValid() || cell.row >= m_cache->rowCount() || cell.position >= m_cache->capacity()) cell = {};
    if (cell == m_cell) return;
    m_cell = cell;
    viewport()->update();
    emit cellChanged();
}

OccupancyCell OccupancyView::cellAt(QPointF point) const {
    const Layout layout = layoutFor(viewport()->size(), devicePixelRatioF());
    const double x = (point.x() - layout.left) * layout.ratio;
    const double y = point.y() - layout.top;
    if (x < 0 || x >= layout.width || y < 0 || layout.pitch <= 0 || m_cache->capacity() == 0) return {};
    const int layer = static_cast<int>(y) / layout.pitch;
    const double inside = y - layer * layout.pitch;
    for (std::size_t lane = 0; lane < layout.lanes.size(); ++lane) {
        const auto [top, height] = layout.lanes[lane];
        if (inside < top || inside >= top + height || layer >= m_cache->layers()) continue;
        int position = std::clamp(static_cast<int>(x * m_cache->capacity() / layout.width), 0, m_cache->capacity() - 1);
        while (position > 0 && edge(layout, position) > x) --position;
        while (position + 1 < m_cache->capacity() && edge(layout, position + 1) <= x) ++position;
        return {layer * m_cache->lanes() + static_cast<int>(lane), position};
    }
    return {};
}

QString OccupancyView::describe(OccupancyCell cell) const {
    if (!cell.isValid() || cell.row >= m_cache->rowCount() || cell.position >= m_cache->capacity()) return {};
    const int lane = cell.row % m_cache->lanes();
    const QString layer = QString::number(cell.row / m_cache->lanes());
    const QString position = QString::number(cell.position);
    const QString name = laneTitle(m_cache->spec().lanes[static_cast<std::size_t>(lane)].lane);
    const QString bytes = formatBytesExact(m_cache->laneBytes(lane));
    if (cell.position >= m_cache->used())
        return tr("layer %1, position %2: free, %3 for its %4 are reserved").arg(layer, position, bytes, name);
    QString word;
    if (cell.position < m_story->rowCount()) {
        word = tr(" “%1”").arg(visibleText(QString::fromStdString(m_story->step(cell.position).label)));
    }
    const std::optional<float> norm = m_cache->norm(cell.row, cell.position);
    const QString value =
        norm ? tr("%1 norm %2").arg(name, QLocale().toString(static_cast<double>(*norm), 'f', 2)) : tr("%1, norm not known").arg(name);
    return tr("layer %1, position %2%3: %4, %5").arg(layer, position, word, value, bytes);
}

void OccupancyView::resizeEvent(QResizeEvent* /*event*/) { relayout(); }

void OccupancyView::scrollContentsBy(int /*dx*/, int /*dy*/) { invalidate(); }

void OccupancyView::keyPressEvent(QKeyEvent* event) {
    if (m_cache->rowCount() == 0 || m_cache->capacity() == 0) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    OccupancyCell cell = m_cell.isValid() ? m_cell : OccupancyCell{0, std::max(0, m_cache->used() - 1)};
    const bool moves = m_cell.isValid();
    switch (event->key()) {
        case Qt::Key_Left: cell.position -= moves ? 1 : 0; break;
        case Qt::Key_Right: cell.position += moves ? 1 : 0; break;
        case Qt::Key_Up: cell.row -= moves ? 1 : 0; break;
        case Qt::Key_Down: cell.row += moves ? 1 : 0; break;
        case Qt::Key_PageUp: cell.position -= kPageStep; break;
        case Qt::Key_PageDown: cell.position += kPageStep; break;
        case Qt::Key_Home: cell.position = 0; break;
        case Qt::Key_End: cell.position = std::max(0, m_cache->used() - 1); break;
        case Qt::Key_Escape:
            if (!m_cell.isValid()) {
                QAbstractScrollArea::keyPressEvent(event);
                return;
            }
            setCell({});
            return;
        default: QAbstractScrollArea::keyPressEvent(event); return;
    }
    setCell({std::clamp(cell.row, 0, m_cache->rowCount() - 1), std::clamp(cell.position, 0, m_cache->capacity() - 1)});
    const QRectF rect = cellRect(m_cell);
    if (rect.top() < 0 || rect.bottom() > viewport()->height()) {
        verticalScrollBar()->setValue(verticalScrollBar()->value() + static_cast<int>(rect.center().y()) - viewport()->height() / 2);
    }
    event->accept();
}

bool OccupancyView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::MouseMove) setCell(cellAt(static_cast<QMouseEvent*>(event)->position()));
    if (event->type() == QEvent::Leave) setCell({});
    return QAbstractScrollArea::viewportEvent(event);
}

void OccupancyView::contextMenuEvent(QContextMenuEvent* event) {
    if (m_cache->rowCount() == 0) return;
    Figure figure;
    figure.name = tr("cache-occupancy");
    figure.size = viewport()->size();
    figure.draw = [this](QPainter& painter, const QPalette& colours) { drawFigure(painter, colours); };
    figure.csv = [this] { return csv(); };
    figureMenu(this, figure)->popup(event->globalPos());
}

void OccupancyView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) invalidate();
    if (event->type() == QEvent::FontChange) relayout();
    QAbstractScrollArea::changeEvent(event);
}

QString OccupancyView::csv() const {
    QString text = QStringLiteral("layer,lane,position,filled,norm,bytes\n");
    for (int row = 0; row < m_cache->rowCount(); ++row) {
        const int lane = row % m_cache->lanes();
        const QString start = QString::number(row / m_cache->lanes()) + u',' +
                              csvField(laneTitle(m_cache->spec().lanes[static_cast<std::size_t>(lane)].lane));
        for (int position = 0; position < m_cache->capacity(); ++position) {
            const std::optional<float> norm = m_cache->norm(row, position);
            text += start + u',' + QString::number(position) +
                    (position < m_cache->used() ? QStringLiteral(",1,") : QStringLiteral(",0,")) +
                    (norm ? QString::number(static_cast<double>(*norm), 'g', 9) : QString()) + u',' +
                    QString::number(m_cache->laneBytes(lane)) + u'\n';
        }
    }
    return text;
}

}  // namespace loom::ui
