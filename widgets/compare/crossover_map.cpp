// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/crossover_map.h"

#include <algorithm>
#include <cmath>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>

#include "widgets/common/byte_bar.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {
namespace {

/// Beyond this ratio colours change no more.
constexpr double kStrongest = 4;

QString times(double ratio) { return QLocale().toString(ratio, 'f', ratio < 9.95 ? 2 : 1); }
QString milliseconds(double seconds) { return QLocale().toString(seconds * 1e3, 'f', seconds < 9.95e-3 ? 2 : 1); }

QColor mix(const QColor& a, const QColor& b, double share) {
    const auto part = [share](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * share)); };
    return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

}  // namespace

CrossoverMap::CrossoverMap(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Which is faster, by context and stories at once"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void CrossoverMap::setGrid(const TimeGrid& grid) {
    m_grid = grid;
    m_context = m_batch = -1;
    update();
}

QColor CrossoverMap::ratioColour(double ratio, const QPalette& palette) {
    const QColor neutral = mix(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.06);
    const double strength = std::min(std::abs(std::log(ratio)) / std::log(kStrongest), 1.0);
    return mix(neutral, colour(ratio >= 1 ? Meaning::Weights : Meaning::FullCache), strength);
}

QRectF CrossoverMap::area(const QSize& size) const {
    const QFontMetrics metrics(font());
    const double left = metrics.horizontalAdvance(QStringLiteral("000")) + metrics.height() + 14;
    const double bottom = 2.0 * metrics.height() + 10;
    return {left, metrics.height() + 8.0, std::max(1.0, size.width() - left - 2),
            std::max(1.0, size.height() - metrics.height() - 8.0 - bottom)};
}

QRectF CrossoverMap::cellIn(const QSize& size, int context, int batch) const {
    const QRectF all = area(size);
    const double width = all.width() / static_cast<double>(m_grid.contexts.size());
    const double height = all.height() / static_cast<double>(m_grid.batches.size());
    // Few stories at the bottom.
    return {all.left() + width * context, all.bottom() - height * (batch + 1), width - 2, height - 2};
}

QRectF CrossoverMap::cellRect(int context, int batch) const { return cellIn(size(), context, batch); }

void CrossoverMap::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    drawMap(painter, size(), palette(), true);
}

void CrossoverMap::drawMap(QPainter& painter, const QSize& size, const QPalette& palette, bool marked) const {
    if (m_grid.contexts.empty() || m_grid.batches.empty() || m_grid.rows.size() < 2) return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(font());
    const QFontMetrics metrics(font());
    const QRectF all = area(size);
    for (int c = 0; c < static_cast<int>(m_grid.contexts.size()); ++c) {
        for (int b = 0; b < static_cast<int>(m_grid.batches.size()); ++b) {
            const QRectF cell = cellIn(size, c, b);
            const auto ratio = m_grid.ratio(1, static_cast<std::size_t>(c), static_cast<std::size_t>(b));
            painter.setPen(Qt::NoPen);
            if (!ratio) {
                paintHatch(painter, cell, separator(palette));
            } else {
                const QColor fill = ratioColour(*ratio, palette);
                painter.setBrush(fill);
                painter.drawRoundedRect(cell, 2, 2);
                painter.setPen(contrast(fill, Qt::black) >= contrast(fill, Qt::white) ? Qt::black : Qt::white);
                painter.drawText(cell, Qt::AlignCenter, tr("%1×").arg(times(*ratio)));
            }
            if (marked && c == m_context && b == m_batch) {
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(accent(palette), 2));
                painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 2, 2);
            }
        }
    }
    painter.setPen(mutedText(palette));
    for (int c = 0; c < static_cast<int>(m_grid.contexts.size()); ++c) {
        const QRectF cell = cellIn(size, c, 0);
        painter.drawText(QRectF(cell.left(), all.bottom() + 2, cell.width(), metrics.height()), Qt::AlignCenter,
                         formatCount(m_grid.contexts[static_cast<std::size_t>(c)]));
    }
    for (int b = 0; b < static_cast<int>(m_grid.batches.size()); ++b) {
        const QRectF cell = cellIn(size, 0, b);
        painter.drawText(QRectF(metrics.height(), cell.top(), all.left() - metrics.height() - 6, cell.height()),
                         Qt::AlignRight | Qt::AlignVCenter, formatCount(m_grid.batches[static_cast<std::size_t>(b)]));
    }
    painter.drawText(QRectF(all.left(), all.bottom() + metrics.height() + 6, all.width(), metrics.height()), Qt::AlignCenter,
                     tr("tokens in the cache"));
    painter.drawText(QRectF(0, 0, size.width(), metrics.height()), Qt::AlignLeft,
                     metrics.elidedText(tr("time of A ÷ time of B: blue B faster, orange A faster, hatched not measured"), Qt::ElideRight,
                                        size.width()));
    painter.save();
    painter.translate(0, all.bottom());
    painter.rotate(-90);
    painter.drawText(QRectF(0, 0, all.height(), metrics.height()), Qt::AlignCenter, tr("stories at once"));
    painter.restore();
}

QString CrossoverMap::describe(int context, int batch) const {
    if (context < 0 || batch < 0 || context >= static_cast<int>(m_grid.contexts.size()) || batch >= static_cast<int>(m_grid.batches.size()))
        return {};
    const auto c = static_cast<std::size_t>(context), b = static_cast<std::size_t>(batch);
    const QString place = tr("%1 tokens, %2 stories").arg(formatCount(m_grid.contexts[c]), formatCount(m_grid.batches[b]));
    const auto ratio = m_grid.ratio(1, c, b);
    if (!ratio) return tr("%1: not measured; its caches would be too large or its steps too long").arg(place);
    const QString both =
        tr("A %1 ms, B %2 ms a step").arg(milliseconds(m_grid.at(0, c, b)->median), milliseconds(m_grid.at(1, c, b)->median));
    return *ratio >= 1 ? tr("%1: B is %2 times as fast (%3)").arg(place, times(*ratio), both)
                       : tr("%1: A is %2 times as fast (%3)").arg(place, times(1 / *ratio), both);
}

void CrossoverMap::mark(int context, int batch) {
    if (context == m_context && batch == m_batch) return;
    m_context = context;
    m_batch = batch;
    update();
    emit described(describe(context, batch));
}

void CrossoverMap::mouseMoveEvent(QMouseEvent* event) {
    for (int c = 0; c < static_cast<int>(m_grid.contexts.size()); ++c) {
        for (int b = 0; b < static_cast<int>(m_grid.batches.size()); ++b) {
            if (cellRect(c, b).contains(event->position())) return mark(c, b);
        }
    }
    mark(-1, -1);
}

void CrossoverMap::leaveEvent(QEvent*) { mark(-1, -1); }
void CrossoverMap::focusOutEvent(QFocusEvent* event) {
    mark(-1, -1);
    QWidget::focusOutEvent(event);
}

void CrossoverMap::keyPressEvent(QKeyEvent* event) {
    const int contexts = static_cast<int>(m_grid.contexts.size()), batches = static_cast<int>(m_grid.batches.size());
    int dx = 0, dy = 0;
    switch (event->key()) {
        case Qt::Key_Left: dx = -1; break;
        case Qt::Key_Right: dx = 1; break;
        case Qt::Key_Up: dy = 1; break;
        case Qt::Key_Down: dy = -1; break;
        default: return QWidget::keyPressEvent(event);
    }
    if (contexts == 0 || batches == 0) return;
    if (m_context < 0) return mark(0, 0);
    mark(std::clamp(m_context + dx, 0, contexts - 1), std::clamp(m_batch + dy, 0, batches - 1));
}

void CrossoverMap::contextMenuEvent(QContextMenuEvent* event) {
    if (m_grid.measured() == 0) return;
    Figure figure;
    figure.name = tr("crossover");
    figure.size = size();
    figure.draw = [this](QPainter& painter, const QPalette& colours) { drawMap(painter, size(), colours, false); };
    figure.csv = [this] { return csv(); };
    figureMenu(this, figure)->popup(event->globalPos());
}

QString CrossoverMap::csv() const {
    QString text = QStringLiteral("context,stories,time_of_a_by_time_of_b\n");
    for (std::size_t c = 0; c < m_grid.contexts.size(); ++c) {
        for (std::size_t b = 0; b < m_grid.batches.size(); ++b) {
            const auto ratio = m_grid.ratio(1, c, b);
            text += QStringLiteral("%1,%2,%3\n")
                        .arg(m_grid.contexts[c])
                        .arg(m_grid.batches[b])
                        .arg(ratio ? QString::number(*ratio) : QString());
        }
    }
    return text;
}

}  // namespace loom::ui
