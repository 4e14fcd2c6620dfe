// SPDX-License-Identifier: GPL-3.0-or-later
// CellDetails: the numbers of one attention cell, and the words its query looks at most.
#pragma once

#include <optional>

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
/// Two decimals with a sign that is a minus.
[[nodiscard]] QString scoreText(float score);

class CellDetails final : public QWidget {
    Q_OBJECT

public:
    explicit CellDetails(StoryModel* story, QWidget* parent = nullptr);

    enum class Source { Newest, Hovered, Locked };
    /// The two parts that a decoupled form adds up to a cell's score.
    struct Parts {
        float content = 0;
        float position = 0;
    };
    /// `heads` holds weights. An invalid cell shows nothing.
    void showCell(const HeadsModel& heads, int head, AttentionCell cell, Source source, std::optional<Parts> parts = {});
    /// Leaves out the words that are looked at most, where the words themselves need the room.
    void setCompact(bool compact);
    [[nodiscard]] QString value(int row) const;  ///< for tests: text of a row's value

    /// Rows of the table, top to bottom.
    enum Row { QueryRow, KeyRow, WeightRow, RankRow, DistanceRow, ScoreRow, ContentRow, PositionRow, RowCount };

protected:
    void changeEvent(QEvent* event) override;

private:
    void colourNames();

    StoryModel* m_story;
    QLabel* m_heading;
    QLabel* m_barsHeading;
    QLabel* m_names[RowCount] = {};
    QLabel* m_values[RowCount] = {};
    QWidget* m_lines[RowCount] = {};
    ShareBars* m_bars;
};

}  // namespace loom::ui
