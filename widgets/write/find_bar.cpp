// SPDX-License-Identifier: GPL-3.0-or-later
// FindBar: see the header.
#include "widgets/write/find_bar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/write/story_view.h"

namespace loom::ui {

FindBar::FindBar(StoryView* view, QWidget* parent)
    : QWidget(parent), m_view(view), m_text(new QLineEdit(this)), m_count(mutedLabel({}, this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    const auto button = [this](const QString& iconName, const QString& help) {
        auto* b = new QToolButton(this);
        b->setIcon(icon(iconName));
        b->setAutoRaise(true);
        b->setToolTip(help);
        b->setAccessibleName(help);
        return b;
    };
    QToolButton* previous = button(QStringLiteral("chevron-up"), tr("Previous match"));
    QToolButton* next = button(QStringLiteral("chevron-down"), tr("Next match"));
    QToolButton* shut = button(QStringLiteral("close"), tr("Close"));
    m_text->setPlaceholderText(tr("Find in story"));
    m_text->setAccessibleName(tr("Find in story"));
    m_text->setMaximumWidth(fontMetrics().averageCharWidth() * 44);
    m_text->addAction(icon(QStringLiteral("find")), QLineEdit::LeadingPosition);
    row->addWidget(m_text, 1);
    row->addWidget(previous);
    row->addWidget(next);
    row->addWidget(m_count);
    row->addStretch(1);
    row->addWidget(shut);
    setVisible(false);
    connect(m_text, &QLineEdit::textChanged, this, [this] { find(false, true); });
    connect(previous, &QToolButton::clicked, this, [this] { find(true, false); });
    connect(next, &QToolButton::clicked, this, [this] { find(false, false); });
    connect(shut, &QToolButton::clicked, this, &FindBar::close);
}

void FindBar::open() {
    const QString selected = m_view->textCursor().selectedText();
    show();
    if (!selected.isEmpty() && !selected.contains(QChar::ParagraphSeparator)) m_text->setText(selected);
    m_text->selectAll();
    m_text->setFocus(Qt::ShortcutFocusReason);
    find(false, true);
}

void FindBar::close() {
    hide();
    m_view->findText({}, false, true);
    m_view->setFocus(Qt::OtherFocusReason);
}

void FindBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) return close();
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) return find(event->modifiers().testFlag(Qt::ShiftModifier), false);
    QWidget::keyPressEvent(event);
}

void FindBar::find(bool backward, bool stay) {
    const StoryView::Matches found = m_view->findText(m_text->text(), backward, stay);
    if (m_text->text().isEmpty())
        m_count->clear();
    else if (found.all == 0)
        m_count->setText(tr("nothing found"));
    //: match number %1 of %2
    else
        m_count->setText(tr("%1 of %2").arg(found.current).arg(found.all));
}

}  // namespace loom::ui
