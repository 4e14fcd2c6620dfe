// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/twin_bytes.h"

#include <algorithm>
#include <cmath>

#include <QGridLayout>
#include <QLabel>
#include <QToolButton>

#include "widgets/cache/formula_popover.h"
#include "widgets/common/byte_bar.h"
#include "widgets/common/labels.h"
#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/compare/twin_panel.h"

namespace loom::ui {

namespace {

QString percentage(std::int64_t bytes, std::int64_t than) {
    const double share = static_cast<double>(bytes - than) / static_cast<double>(than) * 100;
    const QString number = QLocale().toString(std::abs(share), 'f', 1);
    return share < 0 ? TwinBytes::tr("−%1 %").arg(number) : TwinBytes::tr("+%1 %").arg(number);
}

}  // namespace

QString byteDifference(const CacheUse& use, const CacheUse& than) {
    const std::int64_t mine = use.usedBytes(), other = than.usedBytes();
    if (other <= 0) return {};
    QString text = mine == other ? TwinBytes::tr("as many bytes")
                                 : (mine < other ? TwinBytes::tr("%1 less · %2") : TwinBytes::tr("%1 more · %2"))
                                       .arg(formatBytesExact(std::abs(mine - other)), percentage(mine, other));
    if (use.usedTokens == than.usedTokens) return text;
    return TwinBytes::tr("%1 (%2 a token)").arg(text, percentage(use.spec.bytesPerToken(), than.spec.bytesPerToken()));
}

TwinBytes::TwinBytes(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout(this)), m_popover(new FormulaPopover(this)) {
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(12);
    m_grid->setVerticalSpacing(4);
    m_grid->setColumnStretch(1, 1);
}

void TwinBytes::setContestants(const std::vector<TwinContestant>& contestants) {
    for (const Row& row : m_rows) {
        for (QWidget* widget : std::initializer_list<QWidget*>{row.name, row.bar, row.figure, row.difference}) delete widget;
    }
    m_rows.clear();
    m_names.clear();
    m_popover->hide();
    std::vector<CacheUse> none;
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        m_names.push_back(twinTitle(twinLetter(i), contestants[i]));
        Row row{new QLabel(twinLetter(i), this), new ByteBar(this), new QToolButton(this), mutedLabel({}, this)};
        row.bar->setToolTip(tr("Bytes used (solid) of what is allocated (hatched), read from the engine after every token"));
        row.figure->setAutoRaise(true);
        row.figure->setToolButtonStyle(Qt::ToolButtonTextOnly);
        row.figure->setToolTip(tr("Show the equation with its numbers"));
        row.figure->setAccessibleName(tr("Equation of the cache of %1").arg(m_names[i]));
        connect(row.figure, &QToolButton::clicked, this, [this, i] { open(i); });
        row.difference->setToolTip(tr("Against A. Where one story is longer than the other, the second figure is fair: bytes per token."));
        int column = 0;
        for (QWidget* widget : std::initializer_list<QWidget*>{row.name, row.bar, row.figure, row.difference}) {
            m_grid->addWidget(widget, static_cast<int>(i), column, column == 2 ? Qt::AlignRight : Qt::Alignment());
            ++column;
        }
        m_rows.push_back(row);
        CacheUse use;
        use.spec = contestants[i].cache;
        none.push_back(use);
    }
    setLarge(m_large);
    setUses(none);
}

void TwinBytes::setLarge(bool large) {
    m_large = large;
    const double factor = large ? 1.6 : 1;
    for (const Row& row : m_rows) {
        row.name->setFont(scaledFont(font(), factor, true));
        row.figure->setFont(scaledFont(font(), factor, true));
        row.difference->setFont(scaledFont(font(), factor));
        row.bar->setMinimumHeight(large ? 28 : 12);
        row.difference->setMinimumWidth(
            row.difference->fontMetrics().horizontalAdvance(tr("0,000,000 B less · −00.0 % (−00.0 % a token)")));
    }
}

void TwinBytes::setUses(const std::vector<CacheUse>& uses) {
    m_uses = uses;
    m_uses.resize(m_rows.size());
    ScaleGroup scale;
    for (const CacheUse& use : m_uses) scale.maximum = std::max(scale.maximum, use.bytes);
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const CacheUse& use = m_uses[i];
        m_rows[i].bar->setScale(scale);
        m_rows[i].bar->setValue(ByteBar::Source::Measured, formMeaning(use.spec.form), use.usedBytes(), use.bytes);
        m_rows[i].figure->setText(formatBytesExact(use.usedBytes()));
        m_rows[i].difference->setText(i > 0 && m_uses[0].usedTokens > 0 ? byteDifference(use, m_uses[0]) : QString());
    }
    if (m_popover->isVisible() && m_open < m_uses.size()) m_popover->setUse(m_uses[m_open], m_names[m_open]);
}

QString TwinBytes::difference(std::size_t who) const { return m_rows[who].difference->text(); }

void TwinBytes::open(std::size_t who) {
    m_open = who;
    m_popover->setUse(m_uses[who], m_names[who]);
    m_popover->openAt(m_rows[who].figure);
}

}  // namespace loom::ui
