// SPDX-License-Identifier: GPL-3.0-or-later
// CellDetails: the numbers of one attention cell, and the words its query looks at most.
#pragma once

#include <QWidget>

#include "widgets/inside/attention_view.h"

class QGridLayout;
class QLabel;

namespace loom::ui {

class HeadsModel;
class ShareBars;
class StoryModel;

/// "“girl”": a token between quotation marks, white space made visible.
[[nodiscard]] QString quotedToken(const StoryModel& story, int token);

/// Three decimals; a weight too small for them is "<0.001".
[[nodiscard]] QString weightText(float weight);

class CellDetails final : public QWidget {
    Q_OBJECT

public:
    CellDetails(StoryModel* story, HeadsModel* heads, QWidget* parent = nullptr);

    enum class Source { Newest, Hovered, Locked };
    /// An invalid cell shows nothing.
    void showCell(int head, AttentionCell cell, Source source);
    [[nodiscard]] QString value(int row) const;  ///< for tests: text of a row's value

    /// Rows of the table, top to bottom.
    enum Row { QueryRow, KeyRow, WeightRow, RankRow, DistanceRow, RowCount };

private:
    StoryModel* m_story;
    HeadsModel* m_heads;
    QLabel* m_heading;
    QLabel* m_barsHeading;
    QLabel* m_values[RowCount] = {};
    ShareBars* m_bars;
};

}  // namespace loom::ui
