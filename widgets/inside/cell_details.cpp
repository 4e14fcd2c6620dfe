// SPDX-License-Identifier: GPL-3.0-or-later
// CellDetails: a small table and the five largest shares.
#include "widgets/inside/cell_details.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>

#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
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

QString scoreText(float score) {
    const QString digits = QLocale().toString(std::abs(static_cast<double>(score)), 'f', 2);
    return score < 0 ? QChar(0x2212) + digits : digits;
}

CellDetails::CellDetails(StoryModel* story, QWidget* parent) : QWidget(parent), m_story(story) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(5);
    m_heading = sectionHeading({}, this);
    grid->addWidget(m_heading, 0, 0, 1, 2);
    const QString names[RowCount] = {tr("query"),      tr("key"),   tr("weight"),       tr("rank of this key"),
                                     tr("looks back"), tr("score"), tr("content part"), tr("position part")};
    const QString tips[RowCount] = {tr("The word that looks"),
                                    tr("The word that is looked at"),
                                    tr("Share of the query's attention; all its keys together make 1"),
                                    tr("Place of this key among all keys the query can see"),
                                    tr("Distance from the query to the key"),
                                    tr("What the softmax makes weights of: content part and position part together"),
                                    tr("How well what the two words say fits together: q^C · k^C, scaled"),
                                    tr("What their places add: rotated query times rotated key, q^R · k^R, scaled")};
    for (int row = 0; row < RowCount; ++row) {
        auto* name = mutedLabel(names[row], this);
        name->setToolTip(tips[row]);
        m_names[row] = name;
        m_values[row] = new QLabel(this);
        m_values[row]->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_values[row]->setTextInteractionFlags(Qt::TextSelectableByMouse);
        m_values[row]->setTextFormat(Qt::PlainText);
        m_values[row]->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        grid->addWidget(name, 2 * row + 1, 0);
        grid->addWidget(m_values[row], 2 * row + 1, 1);
        m_lines[row] = horizontalSeparator(this);
        grid->addWidget(m_lines[row], 2 * row + 2, 0, 1, 2);
    }
    m_barsHeading = sectionHeading({}, this);
    m_bars = new ShareBars(this);
    grid->setRowMinimumHeight(2 * RowCount + 1, 8);
    grid->addWidget(m_barsHeading, 2 * RowCount + 2, 0, 1, 2);
    grid->addWidget(m_bars, 2 * RowCount + 3, 0, 1, 2);
    grid->setColumnStretch(1, 1);
    colourNames();
    showCell(HeadsModel(), 0, {}, Source::Newest);
}

// The parts have a colour each, on every page.
void CellDetails::colourNames() {
    for (const auto& [row, meaning] : {std::pair{ContentRow, Meaning::Content}, std::pair{PositionRow, Meaning::Position}}) {
        QPalette colours = m_names[row]->palette();
        colours.setColor(QPalette::PlaceholderText, textColour(meaning, palette()));
        m_names[row]->setPalette(colours);
    }
}

void CellDetails::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && m_names[PositionRow]) colourNames();
    QWidget::changeEvent(event);
}

void CellDetails::setCompact(bool compact) {
    m_barsHeading->setVisible(!compact);
    m_bars->setVisible(!compact);
}

QString CellDetails::value(int row) const { return row >= 0 && row < RowCount ? m_values[row]->text() : QString(); }

void CellDetails::showCell(const HeadsModel& heads, int head, AttentionCell cell, Source source, std::optional<Parts> parts) {
    const QString headings[] = {tr("Newest word"), tr("Cell under the pointer"), tr("Locked cell")};
    m_heading->setText(headings[static_cast<int>(source)]);
    m_barsHeading->setText(tr("It looks most at"));
    for (const int row : {ScoreRow, ContentRow, PositionRow}) {
        for (QWidget* part : {static_cast<QWidget*>(m_names[row]), static_cast<QWidget*>(m_values[row]), m_lines[row]})
            part->setVisible(parts.has_value());
    }
    if (!cell.isValid() || head < 0 || head >= heads.heads() || cell.query >= heads.tokens()) {
        for (QLabel* label : m_values) label->setText(QStringLiteral("–"));
        m_bars->setEntries({});
        return;
    }
    const QLocale locale;
    const float* weights = heads.row(head, cell.query);
    const float weight = weights[cell.key];
    const auto larger = std::count_if(weights, weights + cell.query + 1, [weight](float other) { return other > weight; });
    const int back = cell.query - cell.key;
    m_values[QueryRow]->setText(tr("%1 (%2)").arg(quotedToken(*m_story, cell.query), QString::number(cell.query)));
    m_values[KeyRow]->setText(tr("%1 (%2)").arg(quotedToken(*m_story, cell.key), QString::number(cell.key)));
    m_values[WeightRow]->setText(weightText(weight));
    m_values[RankRow]->setText(tr("%1 of %2").arg(locale.toString(static_cast<qlonglong>(larger + 1)), locale.toString(cell.query + 1)));
    m_values[DistanceRow]->setText(back == 0 ? tr("at itself") : back == 1 ? tr("1 token") : tr("%1 tokens").arg(locale.toString(back)));

    m_values[ScoreRow]->setText(parts ? scoreText(parts->content + parts->position) : QString());
    m_values[ContentRow]->setText(parts ? scoreText(parts->content) : QString());
    m_values[PositionRow]->setText(parts ? scoreText(parts->position) : QString());

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
