// SPDX-License-Identifier: GPL-3.0-or-later
// EmptyNote: a title and a sentence in the middle.
#include "widgets/common/empty_note.h"

#include <QLabel>
#include <QVBoxLayout>

#include "widgets/common/labels.h"

namespace loom::ui {

EmptyNote::EmptyNote(QWidget* parent) : QWidget(parent), m_title(pageTitle({}, this)), m_sentence(mutedLabel({}, this)) {
    auto* column = new QVBoxLayout(this);
    column->setSpacing(8);
    column->addStretch(2);
    m_title->setAlignment(Qt::AlignCenter);
    m_sentence->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    m_sentence->setWordWrap(true);
    m_sentence->setMaximumWidth(520);
    column->addWidget(m_title, 0, Qt::AlignHCenter);
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(m_sentence, 4);
    row->addStretch(1);
    column->addLayout(row);
    column->addStretch(3);
}

void EmptyNote::setTexts(const QString& title, const QString& sentence) {
    m_title->setText(title);
    m_sentence->setText(sentence);
}

QString EmptyNote::title() const { return m_title->text(); }

}  // namespace loom::ui
