// SPDX-License-Identifier: GPL-3.0-or-later
// PromptEdit: see the header.
#include "widgets/write/prompt_edit.h"

#include <algorithm>

#include <QKeyEvent>
#include <QMimeData>
#include <QPainter>
#include <QStyleOptionFrame>
#include <QTextBlock>
#include <QTextLayout>
#include <QUrl>

namespace loom::ui {

namespace {
constexpr int kMostLines = 4;
constexpr int kInset = 3;  // of the text field in the frame
constexpr int kMargin = 4;
}  // namespace

PromptEdit::PromptEdit(QWidget* parent) : QPlainTextEdit(parent) {
    setTabChangesFocus(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFrameShape(QFrame::NoFrame);
    viewport()->setAutoFillBackground(false);
    document()->setDocumentMargin(kMargin);
    setViewportMargins(5, kInset, 3, kInset);
    fitHeight();
    connect(this, &QPlainTextEdit::textChanged, this, &PromptEdit::fitHeight);
}

int PromptEdit::heightForLines(int lines) const { return lines * fontMetrics().lineSpacing() + 2 * kMargin + 2 * kInset + 1; }

int PromptEdit::lines() const {
    int count = 0;
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next()) count += std::max(1, block.layout()->lineCount());
    return std::max(1, count);
}

void PromptEdit::fitHeight() {
    setVerticalScrollBarPolicy(lines() > kMostLines ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
    updateGeometry();
}

QSize PromptEdit::sizeHint() const { return {300, std::max(30, heightForLines(std::min(lines(), kMostLines)))}; }

QSize PromptEdit::minimumSizeHint() const { return {120, sizeHint().height()}; }

void PromptEdit::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && !event->modifiers().testFlag(Qt::ShiftModifier)) {
        event->accept();
        emit submitted();
        return;
    }
    if (enter) {
        insertPlainText(QStringLiteral("\n"));
        ensureCursorVisible();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

// A field like a line edit around the viewport, corners included.
bool PromptEdit::event(QEvent* event) {
    if (event->type() == QEvent::Paint) {
        QStyleOptionFrame option;
        option.initFrom(this);
        option.lineWidth = 1;
        QPainter painter(this);
        style()->drawPrimitive(QStyle::PE_PanelLineEdit, &option, &painter, this);
        return true;
    }
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) update();
    return QPlainTextEdit::event(event);
}

// Files dropped here are checkpoints for the window, not text.
bool PromptEdit::canInsertFromMimeData(const QMimeData* source) const {
    const QList<QUrl> urls = source->urls();
    return source->hasText() && !std::any_of(urls.begin(), urls.end(), [](const QUrl& url) { return url.isLocalFile(); });
}

void PromptEdit::resizeEvent(QResizeEvent* event) {
    QPlainTextEdit::resizeEvent(event);
    if (height() != sizeHint().height()) fitHeight();
}

}  // namespace loom::ui
