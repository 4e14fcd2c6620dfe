// SPDX-License-Identifier: GPL-3.0-or-later
// BytesBox: two bars, their figures and a sentence.
#include "widgets/cache/bytes_box.h"

#include <QGridLayout>
#include <QLabel>
#include <QToolButton>

#include "widgets/cache/formula_popover.h"
#include "widgets/common/byte_bar.h"
#include "widgets/common/labels.h"
#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/plot/growth_plot.h"

namespace loom::ui {

namespace {

QToolButton* figureButton(QWidget* parent, bool bold) {
    auto* button = new QToolButton(parent);
    button->setAutoRaise(true);
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setToolTip(BytesBox::tr("Show the equation with its numbers"));
    if (bold) button->setFont(scaledFont(button->font(), 1.0, true));
    return button;
}

}  // namespace

BytesBox::BytesBox(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(sectionHeading(tr("Bytes now"), this));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    m_cacheName = new QLabel(tr("this model"), this);
    m_otherName = new QLabel(this);
    m_cacheBar = new ByteBar(this);
    m_otherBar = new ByteBar(this);
    m_cacheFigure = figureButton(this, true);
    m_otherFigure = figureButton(this, true);
    auto* cacheEquals = figureButton(this, false);
    auto* otherEquals = figureButton(this, false);
    for (QToolButton* button : {cacheEquals, otherEquals}) button->setText(QStringLiteral("="));
    cacheEquals->setAccessibleName(tr("Equation of this model’s cache"));
    otherEquals->setAccessibleName(tr("Equation of the other form"));
    int row = 0;
    const auto addRow = [&](QLabel* name, ByteBar* bar, QToolButton* figure, QToolButton* equals) {
        grid->addWidget(name, row, 0);
        grid->addWidget(bar, row, 1);
        grid->addWidget(figure, row, 2, Qt::AlignRight);
        grid->addWidget(equals, row, 3);
        ++row;
    };
    addRow(m_cacheName, m_cacheBar, m_cacheFigure, cacheEquals);
    addRow(m_otherName, m_otherBar, m_otherFigure, otherEquals);
    grid->setColumnStretch(1, 1);
    column->addLayout(grid);
    m_sentence = new QLabel(this);
    m_sentence->setWordWrap(true);
    m_equation = mutedLabel({}, this);
    m_equation->setWordWrap(true);
    m_equation->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_allocated = mutedLabel({}, this);
    m_allocated->setWordWrap(true);
    column->addWidget(m_sentence);
    column->addWidget(m_equation);
    column->addWidget(m_allocated);
    column->addStretch(1);
    m_popover = new FormulaPopover(this);
    for (QToolButton* button : {m_cacheFigure, cacheEquals})
        connect(button, &QToolButton::clicked, this, [this, button] { open(button, false); });
    for (QToolButton* button : {m_otherFigure, otherEquals})
        connect(button, &QToolButton::clicked, this, [this, button] { open(button, true); });
}

QString BytesBox::sentence() const { return m_sentence->text(); }

void BytesBox::setFigures(const CacheUse& use, const CacheSpec& other, const QString& twin) {
    m_twin = twin;
    m_use = use;
    m_other = other;
    const std::int64_t used = use.usedBytes();
    const std::int64_t otherBytes = other.bytesPerToken() * use.usedTokens;
    const ScaleGroup scale = ScaleGroup::of({use.bytes, used, otherBytes});
    m_cacheBar->setScale(scale);
    m_otherBar->setScale(scale);
    m_cacheBar->setValue(ByteBar::Source::Measured, formMeaning(use.spec.form), used, use.bytes);
    m_otherBar->setValue(ByteBar::Source::Formula, formMeaning(other.form), otherBytes, otherBytes);
    m_otherName->setText(twin.isEmpty() ? tr("as %1").arg(formTitle(other.form)) : twin);
    m_otherName->setToolTip(twin.isEmpty() ? tr("Formula, not a trained model") : tr("The twin on your disk, by its configuration"));
    m_cacheFigure->setText(formatBytesExact(used));
    m_otherFigure->setText(formatBytesExact(otherBytes));
    const std::int64_t mine = use.spec.elementsPerTokenPerLayer();
    const std::int64_t theirs = other.elementsPerTokenPerLayer();
    if (mine < theirs) {
        m_sentence->setText(tr("Keeps %1 numbers per token and layer instead of %2.").arg(formatCount(mine), formatCount(theirs)));
    } else if (mine > theirs) {
        const QString sentence = twin.isEmpty() ? tr("Keeps %1 numbers per token and layer; as %3 it would keep %2.")
                                                : tr("Keeps %1 numbers per token and layer; %3 would keep %2.");
        m_sentence->setText(sentence.arg(formatCount(mine), formatCount(theirs), twin.isEmpty() ? formTitle(other.form) : twin));
    } else {
        m_sentence->setText(tr("Keeps %1 numbers per token and layer, as many as the other form.").arg(formatCount(mine)));
    }
    m_equation->setText(
        tr("%1 × %2 tokens = %3").arg(QString::fromStdString(use.spec.equation()), formatCount(use.usedTokens), formatBytesExact(used)));
    const QString allocated = twin.isEmpty() ? tr("Allocated for %1 tokens: %2 (hatched). As %3: formula, not a trained model (dashed).")
                                             : tr("Allocated for %1 tokens: %2 (hatched). %3: what this trained twin would use (dashed).");
    m_allocated->setText(
        allocated.arg(formatCount(use.capacityTokens), formatBytesExact(use.bytes), twin.isEmpty() ? formTitle(other.form) : twin));
    if (m_popover->isVisible()) fillPopover();
}

void BytesBox::fillPopover() {
    if (m_otherOpen) {
        if (m_twin.isEmpty())
            m_popover->setFormula(m_other, m_use.usedTokens, tr("As %1").arg(formTitle(m_other.form)));
        else
            m_popover->setTwin(m_other, m_use.usedTokens, m_twin);
    } else {
        m_popover->setUse(m_use);
    }
}

void BytesBox::open(const QWidget* anchor, bool other) {
    m_otherOpen = other;
    fillPopover();
    m_popover->openAt(anchor);
}

}  // namespace loom::ui
