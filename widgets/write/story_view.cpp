// SPDX-License-Identifier: GPL-3.0-or-later
// StoryView: see the header.
#include "widgets/write/story_view.h"

#include <algorithm>
#include <cmath>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextLayout>
#include <QTimer>

#include "widgets/common/theme.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/write/story_layout.h"

namespace loom::ui {

namespace {

constexpr int kColumnCharacters = 70;
constexpr int kDwellMilliseconds = 120;
constexpr int kMostMatches = 5000;
constexpr qreal kDocumentMargin = 4;

// A document changes these characters or swallows them; one stands for one, so that offsets stay true.
QString displayed(const QString& text) {
    QString shown = text;
    for (QChar& c : shown) {
        const char16_t u = c.unicode();
        if (u == u'\r')
            c = QLatin1Char(' ');
        else if (u == 0 || u == 0xFDD0 || u == 0xFDD1)
            c = QChar(QChar::ReplacementCharacter);
        else if (u == QChar::ParagraphSeparator)
            c = QLatin1Char('\n');
    }
    return shown;
}

}  // namespace

StoryView::StoryView(StoryModel* model, QWidget* parent) : QPlainTextEdit(parent), m_model(model), m_dwell(new QTimer(this)) {
    auto* paper = new QTextDocument(this);
    paper->setDocumentLayout(new StoryLayout(paper));
    setDocument(paper);
    setUndoRedoEnabled(false);
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setFrameShape(QFrame::NoFrame);
    setLineWrapMode(WidgetWidth);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFont(storyFont(font()));
    document()->setDocumentMargin(kDocumentMargin);
    viewport()->setBackgroundRole(QPalette::Window);
    viewport()->setMouseTracking(true);
    setAccessibleName(tr("Story"));
    m_dwell->setSingleShot(true);
    m_dwell->setInterval(kDwellMilliseconds);

    connect(m_dwell, &QTimer::timeout, this, [this] { inspect(m_hovered, false); });
    connect(m_model, &QAbstractItemModel::rowsInserted, this, &StoryView::takeText);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        inspect(-1, false);
        takeText();
    });
    connect(m_model, &QAbstractItemModel::dataChanged, this, [this] { viewport()->update(); });
    takeText();
    fitColumn();
}

// Brings the document to the model's text by changing its end only: selection and scroll position stay.
void StoryView::takeText() {
    const QString now = displayed(m_model->storyText());
    const QString shown = document()->isEmpty() ? QString() : document()->toRawText().replace(QChar::ParagraphSeparator, QLatin1Char('\n'));
    const auto differs = std::mismatch(shown.begin(), shown.end(), now.begin(), now.end());
    auto same = static_cast<int>(differs.first - shown.begin());
    if (same > 0 && shown.at(same - 1).isHighSurrogate()) --same;
    if (same == shown.size() && same == now.size()) return;

    QScrollBar* bar = verticalScrollBar();
    const int at = bar->value();
    const bool follow = at >= bar->maximum();
    const QTextCursor before = textCursor();
    const int anchor = std::min(before.anchor(), same == shown.size() ? before.anchor() : same);
    const int position = std::min(before.position(), same == shown.size() ? before.position() : same);
    QTextCursor edit(document());
    edit.setPosition(same);
    edit.movePosition(QTextCursor::End, QTextCursor::KeepAnchor);
    edit.insertText(now.mid(same));
    if (textCursor().anchor() != anchor || textCursor().position() != position) {
        QTextCursor after = textCursor();
        after.setPosition(anchor);
        after.setPosition(position, QTextCursor::KeepAnchor);
        setTextCursor(after);
    }
    bar->setValue(follow ? bar->maximum() : at);  // setting the cursor scrolls to it
    viewport()->update();
}

void StoryView::setWriting(bool writing) {
    m_writing = writing;
    viewport()->update();
}

void StoryView::setEdited(std::vector<std::pair<int, int>> rows) {
    if (rows == m_edited) return;
    m_edited = std::move(rows);
    viewport()->update();
}

void StoryView::setColouring(TokenColouring colouring) {
    m_colouring = colouring;
    viewport()->update();
}

void StoryView::hold(int row) {
    letGo();
    if (row < 0) return;
    inspect(row, false);
    m_held = true;
    emit heldChanged(true);
}

void StoryView::letGo() {
    if (!m_held) return;
    m_held = false;
    emit heldChanged(false);
}

void StoryView::fitColumn() {
    const QString sample = tr("Once upon a time there was a little girl who found a red kite. ");
    const int column = QFontMetrics(font()).horizontalAdvance(sample) * kColumnCharacters / static_cast<int>(sample.size()) +
                       2 * static_cast<int>(kDocumentMargin);
    const int bar = verticalScrollBar()->sizeHint().width();
    setViewportMargins(0, 0, std::max(0, width() - bar - column), 0);
}

// Before the base class lays anything out: the viewport gets its width once.
bool StoryView::event(QEvent* event) {
    if (event->type() == QEvent::Resize) fitColumn();
    return QPlainTextEdit::event(event);
}

void StoryView::resizeEvent(QResizeEvent* event) {
    const bool follow = verticalScrollBar()->value() >= verticalScrollBar()->maximum();
    QPlainTextEdit::resizeEvent(event);
    if (follow) verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void StoryView::changeEvent(QEvent* event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_model != nullptr) fitColumn();
}

std::vector<QRectF> StoryView::rangeRects(int start, int end) const {
    std::vector<QRectF> rects;
    for (QTextBlock block = document()->findBlock(start); block.isValid() && block.position() < end; block = block.next()) {
        const QPointF corner = blockBoundingGeometry(block).translated(contentOffset()).topLeft();
        const QTextLayout* layout = block.layout();
        for (int i = 0; i < layout->lineCount(); ++i) {
            const QTextLine line = layout->lineAt(i);
            const int first = std::max(start - block.position(), line.textStart());
            const int last = std::min(end - block.position(), line.textStart() + line.textLength());
            if (first >= last) continue;
            const qreal a = line.cursorToX(first), b = line.cursorToX(last);
            rects.emplace_back(corner + QPointF(std::min(a, b), line.y()), QSizeF(std::abs(b - a), line.height()));
        }
    }
    return rects;
}

std::vector<QRectF> StoryView::tokenRects(int row) const {
    if (row < 0 || row >= m_model->rowCount()) return {};
    int start = m_model->start(row);
    int end = start + m_model->length(row);
    const QString& text = m_model->storyText();
    while (end - start > 1 && text.at(start).isSpace()) ++start;  // the word, not the gap before it
    while (end - start > 1 && text.at(end - 1).isSpace()) --end;
    return rangeRects(start, end);
}

int StoryView::tokenAt(const QPoint& position) const {
    const int offset = cursorForPosition(position).position();
    for (const int at : {offset, offset - 1}) {
        const int row = m_model->tokenAt(at);
        if (row < 0) continue;
        const int start = m_model->start(row);
        for (const QRectF& rect : rangeRects(start, start + m_model->length(row)))
            if (rect.adjusted(-1, 0, 1, 0).contains(position)) return row;
    }
    return -1;
}

void StoryView::inspect(int row, bool reveal) {
    if (row >= m_model->rowCount()) row = -1;
    m_dwell->stop();
    if (row != m_inspected) letGo();
    if (row >= 0 && reveal) {
        const int start = m_model->start(row);
        QTextCursor keep = textCursor();
        const int anchor = keep.anchor(), position = keep.position();
        keep.setPosition(start);
        setTextCursor(keep);
        ensureCursorVisible();
        keep.setPosition(anchor);
        keep.setPosition(position, QTextCursor::KeepAnchor);
        const int at = verticalScrollBar()->value();
        setTextCursor(keep);
        verticalScrollBar()->setValue(at);
    }
    if (row == m_inspected) return;
    m_inspected = row;
    viewport()->update();
    emit inspectedChanged(row);
}

void StoryView::step(int direction) {
    const int rows = m_model->rowCount();
    int row = m_inspected;
    if (row < 0) {
        row = m_model->tokenAt(textCursor().position());
        if (row < 0)
            row = direction < 0 ? rows : rows - 2;
        else
            row -= direction;
    }
    for (row += direction; row >= 0 && row < rows; row += direction) {
        if (m_model->length(row) == 0) continue;
        m_byKeyboard = true;
        inspect(row, true);
        return;
    }
}

void StoryView::mousePressEvent(QMouseEvent* event) {
    QPlainTextEdit::mousePressEvent(event);
    m_pressed = event->position().toPoint();
}

void StoryView::mouseReleaseEvent(QMouseEvent* event) {
    QPlainTextEdit::mouseReleaseEvent(event);
    const QPoint at = event->position().toPoint();
    if (event->button() != Qt::LeftButton || textCursor().hasSelection() || (at - m_pressed).manhattanLength() > 3) return;
    const int row = tokenAt(at);
    hold(m_held && row == m_inspected ? -1 : row);
}

void StoryView::mouseMoveEvent(QMouseEvent* event) {
    QPlainTextEdit::mouseMoveEvent(event);
    if (m_held) return;
    m_byKeyboard = false;
    m_hovered = event->buttons() == Qt::NoButton ? tokenAt(event->position().toPoint()) : -1;
    if (m_inspected >= 0 || m_hovered < 0)
        inspect(m_hovered, false);  // once one is open, the others follow at once
    else
        m_dwell->start();
}

void StoryView::leaveEvent(QEvent* event) {
    QPlainTextEdit::leaveEvent(event);
    if (!m_byKeyboard && !m_held) inspect(-1, false);
}

void StoryView::keyPressEvent(QKeyEvent* event) {
    if (event->modifiers() == Qt::AltModifier && (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)) {
        step(event->key() == Qt::Key_Left ? -1 : 1);
        return;
    }
    if (event->key() == Qt::Key_Escape && m_inspected >= 0) {
        inspect(-1, false);
        return;
    }
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && m_inspected >= 0) {
        if (!m_held) return hold(m_inspected);
        emit choiceTaken();
        return;
    }
    if (m_held && (event->key() == Qt::Key_Up || event->key() == Qt::Key_Down)) {
        emit choiceMoved(event->key() == Qt::Key_Up ? -1 : 1);
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

void StoryView::contextMenuEvent(QContextMenuEvent* event) {
    QMenu* menu = createStandardContextMenu();
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const int row = event->reason() == QContextMenuEvent::Mouse ? tokenAt(event->pos()) : m_inspected;
    if (row >= 0) {
        menu->addSeparator();
        menu->addAction(tr("Write another &version from here"), this, [this, row] { emit versionWanted(row); })->setEnabled(row > 0);
        menu->addAction(tr("&Edit from here…"), this, [this, row] { emit editWanted(row); });
        menu->addAction(tr("E&nd the story before this word"), this, [this, row] { emit endWanted(row); })->setEnabled(row > 0);
    }
    menu->addSeparator();
    menu->addAction(tr("&Find in story…"), this, &StoryView::findRequested)->setEnabled(!m_model->storyText().isEmpty());
    menu->popup(event->globalPos());
}

StoryView::Matches StoryView::findText(const QString& text, bool backward, bool stay) {
    QList<QTextEdit::ExtraSelection> marks;
    Matches found;
    QColor ink = colour(Meaning::Activations);
    ink.setAlphaF(isDark(palette()) ? 0.25F : 0.55F);
    const QTextCursor now = textCursor();
    std::vector<QTextCursor> matches;
    for (QTextCursor at = text.isEmpty() ? QTextCursor() : document()->find(text); !at.isNull() && matches.size() < kMostMatches;
         at = document()->find(text, at)) {
        matches.push_back(at);
        QTextEdit::ExtraSelection mark;
        mark.cursor = at;
        mark.format.setBackground(ink);
        marks << mark;
    }
    setExtraSelections(marks);
    found.all = static_cast<int>(matches.size());
    if (matches.empty()) return found;
    std::size_t pick = 0;
    if (backward) {
        pick = matches.size() - 1;
        for (std::size_t i = 0; i < matches.size(); ++i)
            if (matches[i].selectionEnd() <= now.selectionStart()) pick = i;
        if (matches.front().selectionEnd() > now.selectionStart()) pick = matches.size() - 1;
    } else {
        const int from = stay ? now.selectionStart() : now.selectionEnd();
        const auto next = std::find_if(matches.begin(), matches.end(), [from](const QTextCursor& c) { return c.selectionStart() >= from; });
        pick = next == matches.end() ? 0 : static_cast<std::size_t>(next - matches.begin());
    }
    setTextCursor(matches[pick]);
    ensureCursorVisible();
    found.current = static_cast<int>(pick) + 1;
    return found;
}

// Behind the text, for the lines in view only.
void StoryView::paintTokens(QPainter& painter, const QRect& area) const {
    const QColor generated = tint(palette());
    painter.setPen(Qt::NoPen);
    for (QTextBlock block = firstVisibleBlock(); block.isValid(); block = block.next()) {
        const QRectF frame = blockBoundingGeometry(block).translated(contentOffset());
        if (frame.top() > area.bottom()) break;
        if (frame.bottom() < area.top()) continue;
        const QTextLayout* layout = block.layout();
        for (int i = 0; i < layout->lineCount(); ++i) {
            const QTextLine line = layout->lineAt(i);
            const qreal top = frame.top() + line.y();
            if (top > area.bottom()) break;
            if (top + line.height() < area.top()) continue;
            const int lineStart = block.position() + line.textStart();
            const int lineEnd = lineStart + line.textLength();
            int row = m_model->tokenAt(lineStart);
            for (; row >= 0 && row < m_model->rowCount() && m_model->start(row) < lineEnd; ++row) {
                if (m_model->length(row) == 0) continue;
                const bool edited = std::any_of(m_edited.begin(), m_edited.end(),
                                                [row](const auto& range) { return row >= range.first && row < range.second; });
                const bool bySurprise = m_colouring == TokenColouring::Surprise;
                const QColor ink = bySurprise ? surpriseTint(m_model->step(row).probability, palette()) : generated;
                if (!edited && (bySurprise ? !ink.isValid() : m_model->step(row).origin != TokenOrigin::Generated)) continue;
                int first = std::max(m_model->start(row), lineStart);
                int last = std::min(m_model->start(row) + m_model->length(row), lineEnd);
                const QString& text = m_model->storyText();
                while (first < last && text.at(first).isSpace()) ++first;
                while (last > first && text.at(last - 1).isSpace()) --last;
                if (first == last) continue;
                const qreal a = line.cursorToX(first - block.position()), b = line.cursorToX(last - block.position());
                const QRectF word(frame.left() + std::min(a, b), top + 1, std::abs(b - a), line.height() - 2);
                if (edited) {
                    painter.fillRect(QRectF(word.left(), word.bottom() - 1.5, word.width(), 1.5), mutedText(palette()));
                    if (!bySurprise) continue;
                }
                painter.setBrush(ink);
                painter.drawRoundedRect(word, 3, 3);
            }
        }
    }
}

void StoryView::paintEvent(QPaintEvent* event) {
    {
        QPainter painter(viewport());
        painter.setRenderHint(QPainter::Antialiasing);
        paintTokens(painter, event->rect());
        if (m_inspected >= 0) {
            QColor strong = accent(palette());
            strong.setAlphaF(0.25F);
            painter.setBrush(strong);
            painter.setPen(QPen(accent(palette()), 1));
            for (const QRectF& rect : tokenRects(m_inspected)) painter.drawRoundedRect(rect.adjusted(-1.5, 0.5, 1.5, -0.5), 3, 3);
        }
        if (m_writing) {
            QTextCursor end(document());
            end.movePosition(QTextCursor::End);
            const QRect at = cursorRect(end);
            painter.fillRect(QRectF(at.left() + 3, at.top() + 1, 2, at.height() - 2), accent(palette()));
        }
    }
    QPlainTextEdit::paintEvent(event);
}

}  // namespace loom::ui
