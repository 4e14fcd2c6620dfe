// SPDX-License-Identifier: GPL-3.0-or-later
// AttentionPanel: one head large, or an average, or the two parts of its scores, with the numbers of a cell and its words at the right.
#pragma once

#include <memory>
#include <optional>

#include <QWidget>

#include "core/data/look.h"
#include "widgets/inside/attention_view.h"
#include "widgets/inside/cell_details.h"
#include "widgets/inside/colour_map.h"

class QBoxLayout;
class QComboBox;
class QLabel;
class QStackedWidget;

namespace loom::ui {

class EmptyNote;
class HeadsModel;
class StoryModel;
class TokenLine;
class WeightLegend;

class AttentionPanel final : public QWidget {
    Q_OBJECT

public:
    AttentionPanel(StoryModel* story, HeadsModel* heads, QWidget* parent = nullptr);

    /// What the map shows.
    enum class Show { Weights, Content, Position, SideBySide, HeadsMean, LayersMean };
    [[nodiscard]] Show shown() const { return m_show; }
    void setShow(Show show);
    /// Whether scores have a content and a position part; without, those choices are off.
    void setDecoupled(bool decoupled);
    /// What must be asked for what is shown; nothing where the weights are enough.
    [[nodiscard]] std::optional<Look> look() const;
    /// Score parts or means; null forgets both.
    void setAnswer(const std::shared_ptr<const LookAnswer>& answer);
    void setLookBusy(bool busy);
    /// Why it cannot be shown; empty = nothing is wrong.
    void setProblem(const QString& sentence);

    void setPlace(std::int64_t layer, int head);
    /// The layer's weights are being computed.
    void setBusy(bool busy);
    void setColourMap(ColourMapKind kind);

signals:
    void colourMapChosen(loom::ui::ColourMapKind kind);
    void lookChanged();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    [[nodiscard]] QWidget* buildMaps();
    void buildBar(QBoxLayout& column);
    void connectViews();
    void fitSide();
    void applyShow();
    void takeMean();
    void refreshLegend();
    void refreshTitle();
    void refreshNote();
    void showCell();
    /// The model whose weights belong to the cell, and the head in it.
    [[nodiscard]] const HeadsModel& weights() const;
    [[nodiscard]] int weightsHead() const;
    [[nodiscard]] std::optional<CellDetails::Parts> parts(AttentionCell cell) const;
    [[nodiscard]] HeadsModel* source() const;

    StoryModel* m_story;
    HeadsModel* m_heads;
    HeadsModel* m_content;
    HeadsModel* m_position;
    HeadsModel* m_headsMean;
    HeadsModel* m_layersMean;
    QLabel* m_title = nullptr;
    QLabel* m_subtitle = nullptr;
    QLabel* m_firstName = nullptr;
    QLabel* m_secondName = nullptr;
    QLabel* m_status = nullptr;
    QComboBox* m_showChoice = nullptr;
    QComboBox* m_mapChoice = nullptr;
    QStackedWidget* m_stack = nullptr;
    EmptyNote* m_note = nullptr;
    QWidget* m_other = nullptr;  ///< the second map with its name
    QWidget* m_side = nullptr;
    WeightLegend* m_legend = nullptr;
    AttentionView* m_view = nullptr;
    AttentionView* m_second = nullptr;
    CellDetails* m_details = nullptr;
    TokenLine* m_line = nullptr;
    Show m_show = Show::Weights;
    std::int64_t m_layer = 0;
    int m_head = 0;
    std::shared_ptr<const LookAnswer> m_answer;
    QString m_problem;
    bool m_busy = false;
    bool m_lookBusy = false;
    bool m_linking = false;
};

}  // namespace loom::ui
