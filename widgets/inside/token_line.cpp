// SPDX-License-Identifier: GPL-3.0-or-later
// TokenLine: words are set like text, wrapped between tokens.
#include "widgets/inside/token_line.h"

#include <algorithm>
#include <cmath>

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <QToolTip>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {

namespace {
constexpr double kFaintest = 0.005;  // smaller weights would only be noise behind the text
constexpr double kFaintestArc = 0.03;
constexpr std::size_t kArcs = 6;
constexpr int kArcRoom = 9;  // logical pixels above each line of words
}  // namespace

TokenLine::TokenLine(StoryModel* story, QWidget* parent) : QAbstractScrollArea(parent), m_story(story) {
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setAutoFillBackground(false);
    viewport()->setCursor(Qt::PointingHandCursor);
    viewport()->setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Where does this word look?"));
    setAccessibleDescription(tr("Left and right choose one of the words that are looked at."));
}

QString TokenLine::text(int token) const {
    if (token >= m_story->rowCount()) return QString::number(token) + u' ';
    const TokenStep& step = m_story->step(token);
    QString text = QString::fromStdString(step.text.empty() ? step.label : step.text);
    const bool blank = text.trimmed().isEmpty();
    for (QChar& c : text) {
        if (c == u' ') continue;
        if (!c.isPrint()) return visibleText(text);
    }
    return blank && text != QStringLiteral(" ") ? visibleText(text) : text;
}

void TokenLine::setWeights(std::vector<float> weights, int key) {
    const bool placed = weights.size() == m_rects.size();
    const bool sameQuery = weights.size() == m_weights.size();
    m_weights = std::move(weights);
    m_key = key;
    // The texts of placed words never change while the story only grows.
    if (!placed || !sameQuery) {
        place();
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    }
    viewport()->update();
}

void TokenLine::place() {
    const QFontMetrics metrics(font());
    const int line = metrics.height() + 4 + kArcRoom;
    const int width = viewport()->width();
    int x = 0;
    int y = 0;
    m_rects.clear();
    for (int token = 0; token <= query(); ++token) {
        const int advance = std::max(4, metrics.horizontalAdvance(text(token)));
        if (x > 0 && x + advance > width) {
            x = 0;
            y += line;
        }
        m_rects.emplace_back(x, y + kArcRoom, advance, line - kArcRoom);
        x += advance + 1;
    }
    const int height = m_rects.empty() ? 0 : y + line;
    verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(line);
}

QRect TokenLine::tokenRect(int token) const {
    if (token < 0 || token >= static_cast<int>(m_rects.size())) return {};
    return m_rects[static_cast<std::size_t>(token)].translated(0, -verticalScrollBar()->value());
}

int TokenLine::tokenAt(QPoint point) const {
    for (int token = 0; token < static_cast<int>(m_rects.size()); ++token) {
        if (tokenRect(token).contains(point)) return token;
    }
    return -1;
}

void TokenLine::setArcs(bool shown) {
    if (shown == m_arcs) return;
    m_arcs = shown;
    viewport()->update();
}

std::vector<int> TokenLine::arcKeys() const {
    std::vector<int> keys;
    for (int key = 0; key < query(); ++key) {
        if (static_cast<double>(m_weights[static_cast<std::size_t>(key)]) >= kFaintestArc) keys.push_back(key);
    }
    const auto weight = [this](int key) { return m_weights[static_cast<std::size_t>(key)]; };
    std::stable_sort(keys.begin(), keys.end(), [&](int a, int b) { return weight(a) > weight(b); });
    if (keys.size() > kArcs) keys.resize(kArcs);
    return keys;
}

// A flat arc above the line where both words stand in one, else a curve up to the lower edge of the word.
void TokenLine::drawArcs(QPainter& painter, const QPalette& colours) const {
    if (query() < 0) return;
    const QRectF from = m_rects[static_cast<std::size_t>(query())];
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    for (const int key : arcKeys()) {
        const QRectF to = m_rects[static_cast<std::size_t>(key)];
        QPainterPath path(QPointF(from.center().x(), from.top()));
        if (to.top() == from.top()) {
            const double high = from.top() - kArcRoom * 1.3;
            path.cubicTo(QPointF(from.center().x(), high), QPointF(to.center().x(), high), QPointF(to.center().x(), to.top()));
        } else {
            const double half = (from.top() + to.bottom()) / 2;
            path.cubicTo(QPointF(from.center().x(), half), QPointF(to.center().x(), half), QPointF(to.center().x(), to.bottom()));
        }
        QColor line = accent(colours);
        line.setAlphaF(key == m_key ? 1.0F : 0.6F);
        painter.setPen(QPen(line, 1 + 2.5 * static_cast<double>(m_weights[static_cast<std::size_t>(key)])));
        painter.drawPath(path);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void TokenLine::drawWords(QPainter& painter, const QPalette& colours, const QRect& part, bool arcs) const {
    const QFontMetrics metrics(font());
    QColor shade = accent(colours);
    const double strongest = isDark(colours) ? 0.55 : 0.45;
    painter.setFont(font());
    for (int token = 0; token < static_cast<int>(m_rects.size()); ++token) {
        const QRect rect = m_rects[static_cast<std::size_t>(token)];
        const auto weight = static_cast<double>(m_weights[static_cast<std::size_t>(token)]);
        if (!rect.intersects(part) || weight < kFaintest) continue;
        shade.setAlphaF(static_cast<float>(strongest * std::sqrt(std::min(weight, 1.0))));
        painter.fillRect(rect, shade);
    }
    if (arcs) drawArcs(painter, colours);  // below the words
    for (int token = 0; token < static_cast<int>(m_rects.size()); ++token) {
        const QRect rect = m_rects[static_cast<std::size_t>(token)];
        if (!rect.intersects(part)) continue;
        const bool special = token < m_story->rowCount() && m_story->step(token).text.empty();
        painter.setPen(special ? mutedText(colours) : colours.color(QPalette::WindowText));
        painter.drawText(rect.left(), rect.top() + 2 + metrics.ascent(), text(token));
        if (token == m_key || token == query()) {
            painter.setPen(token == m_key ? QPen(accent(colours), 1.5) : QPen(mutedText(colours), 1, Qt::DashLine));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5));
        }
    }
}

void TokenLine::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    const int scrolled = verticalScrollBar()->value();
    painter.translate(0, -scrolled);
    drawWords(painter, palette(), event->rect().translated(0, scrolled), m_arcs);
    if (hasFocus()) {
        painter.setPen(QPen(accent(palette()), 1));
        painter.drawRect(viewport()->rect().translated(0, scrolled).adjusted(0, 0, -1, -1));
    }
}

void TokenLine::drawFigure(QPainter& painter, const QPalette& colours) const {
    if (m_rects.empty()) return;
    drawWords(painter, colours, QRect(0, 0, viewport()->width(), m_rects.back().bottom() + 1), true);
}

QString TokenLine::csv() const {
    QString text = QStringLiteral("position,token,weight\n");
    for (int token = 0; token <= query(); ++token) {
        const QString label = token < m_story->rowCount() ? QString::fromStdString(m_story->step(token).label) : QString();
        text += QString::number(token) + u',' + csvField(label) + u',' +
                QString::number(static_cast<double>(m_weights[static_cast<std::size_t>(token)]), 'g', 9) + u'\n';
    }
    return text;
}

void TokenLine::contextMenuEvent(QContextMenuEvent* event) {
    if (m_rects.empty()) return;
    Figure figure;
    figure.name = tr("where-word-%1-looks").arg(query());
    figure.size = {viewport()->width(), m_rects.back().bottom() + 3};
    figure.draw = [this](QPainter& painter, const QPalette& colours) { drawFigure(painter, colours); };
    figure.csv = [this] { return csv(); };
    figureMenu(this, figure)->popup(event->globalPos());
}

void TokenLine::mouseMoveEvent(QMouseEvent* event) {
    const int token = tokenAt(event->position().toPoint());
    if (token == m_pointed) return;
    m_pointed = token;
    emit keyHovered(token);
}

void TokenLine::leaveEvent(QEvent* event) {
    if (m_pointed >= 0) emit keyHovered(-1);
    m_pointed = -1;
    QAbstractScrollArea::leaveEvent(event);
}

void TokenLine::keyPressEvent(QKeyEvent* event) {
    const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    if (step == 0 || query() < 0) return QAbstractScrollArea::keyPressEvent(event);
    emit keyChosen(std::clamp(m_key + step, 0, query()));
    event->accept();
}

void TokenLine::resizeEvent(QResizeEvent* /*event*/) {
    place();
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void TokenLine::mousePressEvent(QMouseEvent* event) {
    const int token = tokenAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && token >= 0) emit keyChosen(token);
}

void TokenLine::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) place();
    QAbstractScrollArea::changeEvent(event);
}

bool TokenLine::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int token = tokenAt(help->pos());
        QString words;
        if (token >= 0) {
            words = tr("position %1: weight %2")
                        .arg(token)
                        .arg(QLocale().toString(static_cast<double>(m_weights[static_cast<std::size_t>(token)]), 'f', 3));
        }
        QToolTip::showText(help->globalPos(), words, this);
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TokenLine::scrollContentsBy(int /*dx*/, int /*dy*/) { viewport()->update(); }

}  // namespace loom::ui
