// SPDX-License-Identifier: GPL-3.0-or-later
// CellDetails: a small table and the five largest shares.
#include "widgets/inside/cell_details.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <QGridLayout>
#include <QLabel>
#include <QLocale>

#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/inside/share_bars.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

QString quotedToken(const StoryModel& story, int token) {
    const QString text = token < story.rowCount() ? visibleText(QString::fromStdString(story.step(token).label)) : QStringLiteral("?");
    return CellDetails::tr("“%1”").arg(text);
}

QString weightText(float weight) {
    const QLocale locale;
    if (weight > 0 && weight < 0.001F) return u'<' + locale.toString(0.001, 'f', 3);
    return locale.toString(static_cast<double>(weight), 'f', 3);
}

CellDetails::CellDetails(StoryModel* story, HeadsModel* heads, QWidget* parent) : QWidget(parent), m_story(story), m_heads(heads) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(5);
    m_heading = sectionHeading({}, this);
    grid->addWidget(m_heading, 0, 0, 1, 2);
    const QString names[RowCount] = {tr("query"), tr("key"), tr("weight"), tr("rank of this key"), tr("looks back")};
    const QString tips[RowCount] = {tr("The word that looks"), tr("The word that is looked at"),
                                    tr("Share of the query's attention; all its keys together make 1"),
                                    tr("Place of this key among all keys the query can see"), tr("Distance from the query to the key")};
    for (int row = 0; row < RowCount; ++row) {
        auto* name = mutedLabel(names[row], this);
        name->setToolTip(tips[row]);
        m_values[row] = new QLabel(this);
        m_values[row]->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_values[row]->setTextInteractionFlags(Qt::TextSelectableByMouse);
        m_values[row]->setTextFormat(Qt::PlainText);
        m_values[row]->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        grid->addWidget(name, 2 * row + 1, 0);
        grid->addWidget(m_values[row], 2 * row + 1, 1);
        grid->addWidget(horizontalSeparator(this), 2 * row + 2, 0, 1, 2);
    }
    m_barsHeading = sectionHeading({}, this);
    m_bars = new ShareBars(this);
    grid->setRowMinimumHeight(2 * RowCount + 1, 8);
    grid->addWidget(m_barsHeading, 2 * RowCount + 2, 0, 1, 2);
    grid->addWidget(m_bars, 2 * RowCount + 3, 0, 1, 2);
    grid->setColumnStretch(1, 1);
    showCell(0, {}, Source::Newest);
}

QString CellDetails::value(int row) const { return row >= 0 && row < RowCount ? m_values[row]->text() : QString(); }

void CellDetails::showCell(int head, AttentionCell cell, Source source) {
    const QString headings[] = {tr("Newest word"), tr("Cell under the pointer"), tr("Locked cell")};
    m_heading->setText(headings[static_cast<int>(source)]);
    m_barsHeading->setText(tr("It looks most at"));
    if (!cell.isValid() || head < 0 || head >= m_heads->heads() || cell.query >= m_heads->tokens()) {
        for (QLabel* label : m_values) label->setText(QStringLiteral("–"));
        m_bars->setEntries({});
        return;
    }
    const QLocale locale;
    const float* weights = m_heads->row(head, cell.query);
    const float weight = weights[cell.key];
    const auto larger = std::count_if(weights, weights + cell.query + 1, [weight](float other) { return other > weight; });
    const int back = cell.query - cell.key;
    m_values[QueryRow]->setText(tr("%1 (%2)").arg(quotedToken(*m_story, cell.query), QString::number(cell.query)));
    m_values[KeyRow]->setText(tr("%1 (%2)").arg(quotedToken(*m_story, cell.key), QString::number(cell.key)));
    m_values[WeightRow]->setText(weightText(weight));
    m_values[RankRow]->setText(tr("%1 of %2").arg(locale.toString(static_cast<qlonglong>(larger + 1)), locale.toString(cell.query + 1)));
    m_values[DistanceRow]->setText(back == 0 ? tr("at itself") : back == 1 ? tr("1 token") : tr("%1 tokens").arg(locale.toString(back)));

    std::vector<int> order(static_cast<std::size_t>(cell.query) + 1);
    std::iota(order.begin(), order.end(), 0);
    const auto shown = std::min<std::size_t>(order.size(), ShareBars::kRows);
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                      [weights](int a, int b) { return weights[a] != weights[b] ? weights[a] > weights[b] : a > b; });
    std::vector<ShareBars::Entry> entries;
    for (std::size_t i = 0; i < shown; ++i) {
        entries.push_back({quotedToken(*m_story, order[i]), static_cast<double>(weights[order[i]]), order[i] == cell.key});
    }
    m_bars->setEntries(std::move(entries));
}

}  // namespace loom::ui
