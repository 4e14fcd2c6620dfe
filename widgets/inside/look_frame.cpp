// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/look_frame.h"

#include <QBoxLayout>
#include <QContextMenuEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>

#include "widgets/common/empty_note.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"

namespace loom::ui {

LookFrame::LookFrame(Look look, QWidget* parent) : QWidget(parent), m_look(look) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 8, 16, 6);
    column->setSpacing(6);
    m_bar = new QHBoxLayout;
    m_bar->setSpacing(8);
    m_cost = mutedLabel({}, this);
    m_cost->setToolTip(
        tr("What is shown here is computed only while it is shown, through the readable reference path. "
           "How fast stories are written is measured on the path that writes them."));
    m_stop = new QToolButton(this);
    m_stop->setText(tr("Stop"));
    m_stop->setToolTip(tr("Give up computing this view"));
    m_save = new QToolButton(this);
    m_save->setText(tr("Save"));
    m_save->setToolTip(tr("Copy or save this picture and its numbers"));
    m_save->setAccessibleName(tr("Copy or save this picture"));
    m_bar->addStretch(1);
    m_bar->addWidget(m_cost);
    m_bar->addWidget(m_stop);
    m_bar->addWidget(m_save);
    column->addLayout(m_bar);
    m_middle = new QHBoxLayout;
    m_middle->setSpacing(16);
    m_stack = new QStackedWidget(this);
    m_note = new EmptyNote(m_stack);
    m_stack->addWidget(m_note);
    m_middle->addWidget(m_stack, 1);
    column->addLayout(m_middle, 1);
    m_status = mutedLabel({}, this);
    m_status->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column->addWidget(m_status);
    connect(m_stop, &QToolButton::clicked, this, &LookFrame::stopRequested);
    connect(m_save, &QToolButton::clicked, this, [this] {
        const Figure saved = figure();
        if (!saved.size.isEmpty()) figureMenu(this, saved)->popup(m_save->mapToGlobal(QPoint(0, m_save->height())));
    });
    refreshCost();
}

void LookFrame::setContent(QWidget* content, QWidget* side) {
    if (side) m_middle->insertWidget(0, side);
    m_stack->addWidget(content);
}

void LookFrame::setSentence(const QString& sentence) {
    m_sentence = sentence;
    setStatus({});
}

void LookFrame::setAnswer(const std::shared_ptr<const LookAnswer>& answer) {
    m_answer = answer && answer->question.look == m_look ? answer : nullptr;
    take(m_answer);
    if (m_answer) m_stack->setCurrentIndex(1);
    m_busy = false;
    refreshCost();
    setStatus({});
}

void LookFrame::showNote(const QString& title, const QString& sentence) {
    m_note->setTexts(title, sentence);
    m_stack->setCurrentWidget(m_note);
    setStatus({});
}

QString LookFrame::note() const { return m_stack->currentWidget() == m_note ? m_note->title() : QString(); }

void LookFrame::setBusy(bool busy) {
    m_busy = busy;
    if (busy && !m_answer) showNote(tr("Reading the story…"), tr("The network reads the story once more and keeps what this view shows."));
    refreshCost();
}

void LookFrame::refreshCost() {
    m_stop->setVisible(m_busy);
    m_save->setEnabled(m_answer != nullptr);
    if (m_busy) {
        m_cost->setText(tr("Computing…"));
    } else if (m_answer) {
        //: %1 a number of tokens, %2 a time
        m_cost->setText(
            tr("%1 tokens, read by the reference path in %2 ms")
                .arg(formatCount(m_answer->tokens), QLocale().toString(m_answer->milliseconds, 'f', m_answer->milliseconds < 10 ? 1 : 0)));
    } else {
        m_cost->clear();
    }
}

void LookFrame::setStatus(const QString& text) { m_status->setText(text.isEmpty() && m_answer ? m_sentence : text); }

QString LookFrame::status() const { return m_status->text(); }

QString LookFrame::cost() const { return m_cost->text(); }

void LookFrame::contextMenuEvent(QContextMenuEvent* event) {
    const Figure saved = m_answer ? figure() : Figure{};
    if (saved.size.isEmpty()) return;
    figureMenu(this, saved)->popup(event->globalPos());
}

}  // namespace loom::ui
