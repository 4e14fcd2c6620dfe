// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/card/model_card_dialog.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/card/card_facts.h"
#include "widgets/common/labels.h"
#include "widgets/common/theme.h"
#include "widgets/plot/loss_curve.h"

namespace loom::ui {
namespace {

/// Text from a file: shown as it is, wrapped, and to be copied.
QLabel* fromFile(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return label;
}

QWidget* factsColumn(const QList<CardSection>& sections, QWidget* parent) {
    auto* widget = new QWidget(parent);
    auto* grid = new QGridLayout(widget);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    int row = 0;
    for (const CardSection& section : sections) {
        if (row > 0) grid->setRowMinimumHeight(row++, 12);
        grid->addWidget(sectionHeading(section.title, widget), row++, 0, 1, 2);
        for (const CardFact& fact : section.facts) {
            grid->addWidget(mutedLabel(fact.name, widget), row, 0, Qt::AlignTop);
            grid->addWidget(fromFile(fact.value, widget), row++, 1);
        }
    }
    grid->setRowStretch(row, 1);
    return widget;
}

}  // namespace

ModelCardDialog::ModelCardDialog(const ModelSummary& model, QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("modelCard"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Model card: %1").arg(QString::fromStdString(model.name)));
    m_content = new QWidget;
    m_column = new QVBoxLayout(m_content);
    m_column->setContentsMargins(24, 20, 24, 20);
    m_column->setSpacing(16);
    addHeader(model);
    addFacts(model);
    if (model.card && !model.card->samples.empty()) addSamples(*model.card);
    m_column->addStretch(1);

    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_content);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(scroll, 1);
    outer->addWidget(horizontalSeparator(this));
    auto* bottom = new QHBoxLayout;
    bottom->setContentsMargins(16, 10, 16, 10);
    bottom->addWidget(buttons);
    outer->addLayout(bottom);
    resize(model.card ? QSize(1000, 640) : QSize(640, 420));
    buttons->button(QDialogButtonBox::Close)->setFocus();
}

void ModelCardDialog::addHeader(const ModelSummary& model) {
    QLabel* title = pageTitle(QString::fromStdString(model.name), m_content);
    title->setFont(scaledFont(font(), 1.5, true));
    m_column->addWidget(title);
    QString text = tr("This checkpoint brings no card. What its files say:");
    if (model.card) text = QString::fromStdString(model.card->description);
    if (text.isEmpty()) return;
    QLabel* description = fromFile(text, m_content);
    description->setObjectName(QStringLiteral("description"));
    m_column->addWidget(description);
}

void ModelCardDialog::addFacts(const ModelSummary& model) {
    const QList<CardSection> sections = cardSections(model);
    auto* row = new QHBoxLayout;
    row->setSpacing(40);
    // The network, what was measured and the data at the left; how it was trained at the right.
    const qsizetype left = sections.size() > 2 ? sections.size() - 1 : sections.size();
    row->addWidget(factsColumn(sections.mid(0, left), m_content), 3);
    auto* right = new QVBoxLayout;
    right->setSpacing(16);
    if (left < sections.size()) right->addWidget(factsColumn(sections.mid(left), m_content));
    if (model.card && !model.card->curve.empty()) right->addWidget(curveBox(*model.card), 1);
    if (right->count() > 0) row->addLayout(right, 3);
    m_column->addLayout(row);
}

QWidget* ModelCardDialog::curveBox(const ModelCard& card) {
    auto* box = new QWidget(m_content);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(sectionHeading(tr("How the loss fell"), box));
    auto* curve = new LossCurve(box);
    curve->setCurve(card.curve);
    curve->setMinimumHeight(200);
    column->addWidget(curve, 1);
    return box;
}

void ModelCardDialog::addSamples(const ModelCard& card) {
    m_column->addWidget(sectionHeading(tr("Stories as they came, unpicked"), m_content));
    for (const CardSample& sample : card.samples) {
        QStringList facts;
        if (sample.seed) facts << tr("seed %1").arg(*sample.seed);
        if (sample.temperature) facts << tr("temperature %1").arg(QLocale().toString(*sample.temperature));
        if (!facts.isEmpty()) m_column->addWidget(mutedLabel(facts.join(QStringLiteral(", ")), m_content));
        const QString prompt = QString::fromStdString(sample.prompt);
        const QString text = QString::fromStdString(sample.text);
        QLabel* story = fromFile(text.startsWith(prompt) ? text : prompt + text, m_content);
        story->setFont(storyFont(font()));
        m_column->addWidget(story);
    }
}

}  // namespace loom::ui
