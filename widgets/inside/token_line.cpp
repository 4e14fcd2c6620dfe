// SPDX-License-Identifier: GPL-3.0-or-later
// TokenLine: words are set like text, wrapped between tokens.
#include "widgets/inside/token_line.h"

#include <algorithm>
#include <cmath>

#include <QHelpEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

namespace {
constexpr double kFaintest = 0.005;  // smaller weights would only be noise behind the text
}

TokenLine::TokenLine(StoryModel* story, QWidget* parent) : QAbstractScrollArea(parent), m_story(story) {
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setAutoFillBackground(false);
    viewport()->setCursor(Qt::PointingHandCursor);
    setAccessibleName(tr("Where does this word look?"));
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
    const int line = metrics.height() + 6;
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
        m_rects.emplace_back(x, y, advance, line - 2);
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

void TokenLine::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    const QFontMetrics metrics(font());
    QColor shade = accent(palette());
    const double strongest = isDark(palette()) ? 0.55 : 0.45;
    for (int token = 0; token < static_cast<int>(m_rects.size()); ++token) {
        const QRect rect = tokenRect(token);
        if (!rect.intersects(event->rect())) continue;
        const auto weight = static_cast<double>(m_weights[static_cast<std::size_t>(token)]);
        if (weight >= kFaintest) {
            shade.setAlphaF(static_cast<float>(strongest * std::sqrt(std::min(weight, 1.0))));
            painter.fillRect(rect, shade);
        }
        const bool special = token < m_story->rowCount() && m_story->step(token).text.empty();
        painter.setPen(special ? mutedText(palette()) : palette().color(QPalette::WindowText));
        painter.drawText(rect.left(), rect.top() + 2 + metrics.ascent(), text(token));
        if (token == m_key || token == query()) {
            painter.setPen(token == m_key ? QPen(accent(palette()), 1.5) : QPen(mutedText(palette()), 1, Qt::DashLine));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5));
        }
    }
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
