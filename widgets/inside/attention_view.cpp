// SPDX-License-Identifier: GPL-3.0-or-later
// AttentionView: state, pointer and keyboard. attention_view_paint.cpp draws.
#include "widgets/inside/attention_view.h"

#include <algorithm>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>

#include "widgets/common/workshop.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {

namespace {
constexpr int kPageStep = 10;
}

AttentionView::AttentionView(StoryModel* story, HeadsModel* heads, QWidget* parent) : QWidget(parent), m_story(story), m_heads(nullptr) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("Attention map"));
    setAccessibleDescription(
        tr("Rows are words that look, columns the words they look at. Arrow keys move, Return locks, Escape unlocks."));
    const auto relabel = [this] { invalidate(); };
    connect(story, &StoryModel::modelReset, this, relabel);
    connect(story, &StoryModel::rowsInserted, this, relabel);
    setSource(heads);
}

AttentionView::~AttentionView() = default;

void AttentionView::setSource(HeadsModel* heads) {
    if (heads == m_heads) return;
    if (m_heads) disconnect(m_heads, nullptr, this, nullptr);
    m_heads = heads;
    connect(heads, &HeadsModel::modelReset, this, &AttentionView::onReset);
    connect(heads, &HeadsModel::grew, this, [this] {
        invalidate();
        emit cellChanged();
    });
    connect(heads, &HeadsModel::dataChanged, this, [this](const QModelIndex&, const QModelIndex&, const QList<int>& roles) {
        if (roles == QList<int>{HeadsModel::ThumbnailRole}) invalidate();  // other limits
    });
    if (heads->tokens() > 0) return onReset();
    invalidate();  // a locked cell waits for numbers that are still being computed
    emit cellChanged();
}

void AttentionView::onReset() {
    if (m_locked.query >= m_heads->tokens()) m_locked = {};
    if (m_hovered.query >= m_heads->tokens()) m_hovered = {};
    invalidate();
    emit cellChanged();
}

void AttentionView::invalidate() {
    m_layoutValid = false;
    m_imageValid = false;
    m_tiles.clear();
    m_wanted = -1;
    update();
}

void AttentionView::setHead(int head) {
    if (head == m_head) return;
    m_head = head;
    m_imageValid = false;
    update();
    emit cellChanged();
}

void AttentionView::setColourMap(ColourMapKind kind) {
    m_colourMap = kind;
    invalidate();
}

AttentionCell AttentionView::shown() const {
    const int query = m_heads->tokens() - 1;
    if (m_locked.isValid() && m_locked.query <= query) return m_locked;
    if (m_hovered.isValid() && m_hovered.query <= query) return m_hovered;
    if (query < 0 || m_head < 0 || m_head >= m_heads->heads()) return {};
    const float* weights = m_heads->row(m_head, query);
    return {query, static_cast<int>(std::max_element(weights, weights + query + 1) - weights)};
}

void AttentionView::setHovered(AttentionCell cell) {
    if (!cell.isValid() || cell.query >= m_heads->tokens()) cell = {};
    if (cell == m_hovered) return;
    m_hovered = cell;
    update();
    emit cellChanged();
}

void AttentionView::lock(AttentionCell cell) {
    if (!cell.isValid() || cell.query >= m_heads->tokens()) cell = {};
    if (cell == m_locked) return;
    m_locked = cell;
    update();
    emit cellChanged();
}

AttentionCell AttentionView::cellAt(QPointF point) {
    ensureLayout();
    const Layout& layout = m_layout;
    if (layout.tokens == 0) return {};
    const double x = (point.x() - layout.left) * layout.ratio;
    const double y = (point.y() - layout.top) * layout.ratio;
    if (x < 0 || y < 0 || x >= layout.side || y >= layout.side) return {};
    // The borders are rounded to whole device pixels: look at the neighbours of the estimate.
    const auto find = [&layout](double place) {
        const auto after = std::upper_bound(layout.edges.begin(), layout.edges.end(), static_cast<int>(place));
        const auto drawn = static_cast<int>(after - layout.edges.begin()) - 1;
        if (layout.block == 1) return std::clamp(drawn, 0, layout.tokens - 1);
        return std::clamp(static_cast<int>(place / layout.cell), 0, layout.tokens - 1);
    };
    const AttentionCell cell{find(y), find(x)};
    return cell.isValid() ? cell : AttentionCell{};
}

QRectF AttentionView::cellRect(AttentionCell cell) const {
    const Layout layout = layoutFor(size(), devicePixelRatioF());
    return cell.isValid() && cell.query < layout.tokens ? rectOf(layout, cell) : QRectF();
}

QRectF AttentionView::mapRect() const {
    const Layout layout = layoutFor(size(), devicePixelRatioF());
    const double side = layout.side / layout.ratio;
    return {static_cast<double>(layout.left), static_cast<double>(layout.top), side, side};
}

void AttentionView::resizeEvent(QResizeEvent* /*event*/) { invalidate(); }

void AttentionView::mouseMoveEvent(QMouseEvent* event) { setHovered(cellAt(event->position())); }

void AttentionView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    const AttentionCell cell = cellAt(event->position());
    lock(cell == m_locked ? AttentionCell{} : cell);
}

void AttentionView::leaveEvent(QEvent* /*event*/) { setHovered({}); }

void AttentionView::placeCell(AttentionCell cell) {
    cell.query = std::clamp(cell.query, 0, m_heads->tokens() - 1);
    cell.key = std::clamp(cell.key, 0, cell.query);
    if (m_locked.isValid()) {
        lock(cell);
    } else {
        setHovered(cell);
    }
}

void AttentionView::moveCell(int dQuery, int dKey) {
    const AttentionCell from = m_locked.isValid() ? m_locked : m_hovered;
    if (from.isValid()) {
        placeCell({from.query + dQuery, from.key + dKey});
    } else {
        placeCell(shown());
    }
}

void AttentionView::keyPressEvent(QKeyEvent* event) {
    const AttentionCell now = shown();
    if (!now.isValid()) {
        QWidget::keyPressEvent(event);
        return;
    }
    switch (event->key()) {
        case Qt::Key_Left: moveCell(0, -1); break;
        case Qt::Key_Right: moveCell(0, 1); break;
        case Qt::Key_Up: moveCell(-1, 0); break;
        case Qt::Key_Down: moveCell(1, 0); break;
        case Qt::Key_PageUp: moveCell(-kPageStep, 0); break;
        case Qt::Key_PageDown: moveCell(kPageStep, 0); break;
        case Qt::Key_Home: placeCell({now.query, 0}); break;
        case Qt::Key_End: placeCell({now.query, now.query}); break;
        case Qt::Key_Return:
        case Qt::Key_Enter:
        case Qt::Key_Space: lock(m_locked.isValid() ? AttentionCell{} : now); break;
        case Qt::Key_Escape:
            if (!m_locked.isValid() && !m_hovered.isValid()) {
                QWidget::keyPressEvent(event);
                return;
            }
            if (m_locked.isValid()) {
                unlock();
            } else {
                setHovered({});
            }
            break;
        default: QWidget::keyPressEvent(event); return;
    }
    event->accept();
}

void AttentionView::contextMenuEvent(QContextMenuEvent* event) {
    if (m_heads->tokens() == 0) return;
    Figure figure;
    figure.name = m_figureName.isEmpty() ? tr("attention-layer-%1-head-%2").arg(m_heads->layer().value()).arg(m_head) : m_figureName;
    figure.size = size();
    figure.draw = [this](QPainter& painter, const QPalette& colours) { drawFigure(painter, colours); };
    figure.csv = [this] { return csv(); };
    figureMenu(this, figure)->popup(event->globalPos());
}

void AttentionView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) invalidate();
    QWidget::changeEvent(event);
}

bool AttentionView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape && m_locked.isValid()) {
        event->accept();  // Esc unlocks here before it means anything to the window
        return true;
    }
    return QWidget::event(event);
}

QString AttentionView::csv() const {
    QString text = QStringLiteral("query,query_token,key,key_token,%1\n")
                       .arg(m_heads->scale() == ValueScale::Weights ? QStringLiteral("weight") : QStringLiteral("score"));
    if (m_head < 0 || m_head >= m_heads->heads()) return text;
    const auto name = [this](int token) {
        return csvField(token < m_story->rowCount() ? QString::fromStdString(m_story->step(token).label) : QString());
    };
    std::vector<QString> names;
    for (int token = 0; token < m_heads->tokens(); ++token) names.push_back(name(token));
    for (int query = 0; query < m_heads->tokens(); ++query) {
        const float* weights = m_heads->row(m_head, query);
        for (int key = 0; key <= query; ++key) {
            text += QString::number(query) + u',' + names[static_cast<std::size_t>(query)] + u',' + QString::number(key) + u',' +
                    names[static_cast<std::size_t>(key)] + u',' + QString::number(static_cast<double>(weights[key]), 'g', 9) + u'\n';
        }
    }
    return text;
}

}  // namespace loom::ui
