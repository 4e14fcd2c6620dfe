// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/twin_text.h"

#include <QEvent>
#include <QScrollBar>

#include "widgets/common/theme.h"

namespace loom::ui {

TwinText::TwinText(QWidget* parent) : QPlainTextEdit(parent) {
    setReadOnly(true);
    setUndoRedoEnabled(false);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setFrameShape(QFrame::NoFrame);
    setLineWrapMode(WidgetWidth);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setTabChangesFocus(true);
    setFont(storyFont(font()));
    viewport()->setBackgroundRole(QPalette::Window);
    setMinimumHeight(fontMetrics().lineSpacing() * 3);
    setToolTip(tr("Words that the other network did not write here are underlined."));
}

void TwinText::begin(const QString& prompt, const QColor& ink) {
    m_ink = ink;
    m_parts.clear();
    if (!prompt.isEmpty()) m_parts.push_back({prompt, true, false});
    rebuild();
}

void TwinText::append(const std::vector<TwinToken>& tokens) {
    for (const TwinToken& token : tokens) {
        if (!token.text.empty()) add({QString::fromStdString(token.text), false, token.differs});
    }
}

QTextCharFormat TwinText::formatOf(const Part& part) const {
    QTextCharFormat format;
    format.setForeground(palette().color(part.prompt ? QPalette::PlaceholderText : QPalette::Text));
    if (!part.differs) return format;
    format.setFontUnderline(true);
    format.setUnderlineColor(m_ink);
    QColor wash = m_ink;
    wash.setAlphaF(isDark(palette()) ? 0.22F : 0.14F);
    format.setBackground(wash);
    return format;
}

void TwinText::add(Part part) {
    QScrollBar* bar = verticalScrollBar();
    const bool follow = bar->value() >= bar->maximum();
    insert(part);
    if (!m_parts.empty() && m_parts.back().prompt == part.prompt && m_parts.back().differs == part.differs) {
        m_parts.back().text += part.text;
    } else {
        m_parts.push_back(std::move(part));
    }
    if (follow) bar->setValue(bar->maximum());
}

void TwinText::insert(const Part& part) {
    QTextCursor end(document());
    end.movePosition(QTextCursor::End);
    end.insertText(part.text, formatOf(part));
}

void TwinText::rebuild() {
    const int at = verticalScrollBar()->value();
    clear();
    for (const Part& part : m_parts) insert(part);
    verticalScrollBar()->setValue(at);
}

QStringList TwinText::differing() const {
    QStringList list;
    for (const Part& part : m_parts) {
        if (part.differs) list.append(part.text);
    }
    return list;
}

void TwinText::changeEvent(QEvent* event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_parts.empty()) rebuild();
}

}  // namespace loom::ui
