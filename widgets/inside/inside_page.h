// SPDX-License-Identifier: GPL-3.0-or-later
// InsidePage: where the words of the story look, head by head, and what else can be seen inside the network while it reads them.
#pragma once

#include <memory>
#include <vector>

#include <QWidget>

#include "core/data/ids.h"
#include "core/data/look.h"
#include "widgets/inside/colour_map.h"

class QLabel;
class QSplitter;
class QStackedWidget;
class QToolButton;
class QUndoStack;

namespace loom::ui {

class AttentionPanel;
class EmptyNote;
class HeadGrid;
class HeadSwitchModel;
class HeadsModel;
class LookTabs;
class StoryModel;

class InsidePage : public QWidget {
    Q_OBJECT

public:
    explicit InsidePage(StoryModel* story, HeadsModel* heads, QWidget* parent = nullptr);

    /// The shape of the loaded model. The shown layer stays where possible.
    void setLayers(std::int64_t layers, std::int64_t heads);
    /// Whether the loaded model's scores have a content and a position part.
    void setDecoupled(bool decoupled);
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

    /// What is in sight and must be asked for.
    [[nodiscard]] std::vector<Look> shownLooks() const;
    void setLookAnswer(const std::shared_ptr<const LookAnswer>& answer);
    /// Forgets what was seen of another story or another model.
    void forgetLook(Look look);
    void setLookBusy(Look look, bool busy);
    /// Shows no picture but a reason.
    void setLookNote(Look look, const QString& title, const QString& sentence);
    /// Which heads are off in the view "Heads off".
    [[nodiscard]] HeadSwitchModel* switches() const;
    /// What Edit → Undo takes back while this page is in view.
    [[nodiscard]] QUndoStack* undoStack() const;
    [[nodiscard]] AttentionPanel* panel() const { return m_panel; }
    [[nodiscard]] LookTabs* looks() const { return m_looks; }

    /// Positions of the splitters and the tab in sight, for the settings.
    [[nodiscard]] QByteArray splitterState() const;
    void restoreSplitter(const QByteArray& state);

signals:
    void layerChanged(loom::LayerIndex layer);
    /// shownLooks() or the heads that are off changed.
    void looksChanged();
    void lookStopRequested(loom::Look look);

private:
    [[nodiscard]] QWidget* buildLeft();
    void connectViews();
    void refreshTitle();
    void refreshState();
    void refreshPlace();

    StoryModel* m_story;
    HeadsModel* m_headsModel;
    QStackedWidget* m_stack = nullptr;
    EmptyNote* m_empty = nullptr;
    QSplitter* m_rows = nullptr;
    QSplitter* m_splitter = nullptr;
    QToolButton* m_previous = nullptr;
    QToolButton* m_next = nullptr;
    QLabel* m_layerNumber = nullptr;
    QLabel* m_layerCount = nullptr;
    HeadGrid* m_grid = nullptr;
    AttentionPanel* m_panel = nullptr;
    LookTabs* m_looks = nullptr;
    ColourMapKind m_colourMap = ColourMapKind::Cividis;
    std::int64_t m_layer = 0;
    std::int64_t m_layers = 0;
    std::int64_t m_heads = 0;
    bool m_busy = false;
    bool m_modelLoaded = false;
};

}  // namespace loom::ui
