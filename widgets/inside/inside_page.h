// SPDX-License-Identifier: GPL-3.0-or-later
// InsidePage: where the words of the story look, head by head, in one layer of the model.
#pragma once

#include <QWidget>

#include "core/data/ids.h"
#include "widgets/inside/colour_map.h"

class QLabel;
class QSplitter;
class QStackedWidget;
class QToolButton;
class QComboBox;

namespace loom::ui {

class AttentionView;
class CellDetails;
class EmptyNote;
class HeadGrid;
class HeadsModel;
class StoryModel;
class TokenLine;
class WeightLegend;

class InsidePage : public QWidget {
    Q_OBJECT

public:
    explicit InsidePage(StoryModel* story, HeadsModel* heads, QWidget* parent = nullptr);

    /// The shape of the loaded model. The shown layer stays where possible.
    void setLayers(std::int64_t layers, std::int64_t heads);
    [[nodiscard]] LayerIndex layer() const { return LayerIndex(m_layer); }
    /// The layer to show, clamped; emits layerChanged if it changes.
    void setLayer(LayerIndex layer);
    [[nodiscard]] int head() const;
    void setHead(int head);
    [[nodiscard]] ColourMapKind colourMap() const { return m_colourMap; }
    void setColourMap(ColourMapKind kind);
    /// The layer's attention is being computed.
    void setBusy(bool busy);
    void setModelLoaded(bool loaded);

    /// Position of the splitter between the heads and the map, for the settings.
    [[nodiscard]] QByteArray splitterState() const;
    void restoreSplitter(const QByteArray& state);

signals:
    void layerChanged(loom::LayerIndex layer);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fitSide();
    void buildLeft();
    void buildRight();
    void connectViews();
    void refreshTitle();
    void refreshState();
    void showCell();

    StoryModel* m_story;
    HeadsModel* m_headsModel;
    QStackedWidget* m_stack = nullptr;
    EmptyNote* m_empty = nullptr;
    QSplitter* m_splitter = nullptr;
    QWidget* m_right = nullptr;
    QToolButton* m_previous = nullptr;
    QToolButton* m_next = nullptr;
    QLabel* m_layerNumber = nullptr;
    QLabel* m_layerCount = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_subtitle = nullptr;
    QLabel* m_status = nullptr;
    QComboBox* m_mapChoice = nullptr;
    WeightLegend* m_legend = nullptr;
    HeadGrid* m_grid = nullptr;
    AttentionView* m_view = nullptr;
    CellDetails* m_details = nullptr;
    TokenLine* m_line = nullptr;
    ColourMapKind m_colourMap = ColourMapKind::Cividis;
    std::int64_t m_layer = 0;
    std::int64_t m_layers = 0;
    std::int64_t m_heads = 0;
    bool m_busy = false;
    bool m_modelLoaded = false;
};

}  // namespace loom::ui
