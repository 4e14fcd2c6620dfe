// SPDX-License-Identifier: GPL-3.0-or-later
// WithoutView: heads are switched off, and the next word changes.
#pragma once

#include <vector>

#include "widgets/inside/look_frame.h"

class QLabel;
class QPushButton;
class QTableView;
class QUndoStack;

namespace loom::ui {

class HeadSwitchModel;
class ShiftModel;
class StoryModel;

/// Only what is computed here is without the heads; the network that writes keeps them all.
class WithoutView final : public LookFrame {
    Q_OBJECT

public:
    explicit WithoutView(const StoryModel* story, QWidget* parent = nullptr);
    ~WithoutView() override;

    [[nodiscard]] HeadSwitchModel* switches() const { return m_switches; }
    [[nodiscard]] QUndoStack* undoStack() const { return m_undo; }
    /// The head that is shown large, which the button switches.
    void setCurrentHead(int layer, int head);
    /// "KL 0.083 nats …"; empty without an answer.
    [[nodiscard]] QString summary() const;

protected:
    Figure figure() const override;
    void take(const std::shared_ptr<const LookAnswer>& answer) override;

private:
    [[nodiscard]] QWidget* buildSwitches();
    void refreshButtons();

    const StoryModel* m_story;
    QUndoStack* m_undo;
    HeadSwitchModel* m_switches;
    ShiftModel* m_shifts;
    QTableView* m_grid = nullptr;
    QTableView* m_table = nullptr;
    QPushButton* m_this = nullptr;
    QPushButton* m_all = nullptr;
    QLabel* m_summary = nullptr;
    int m_layer = 0;
    int m_head = 0;
};

}  // namespace loom::ui
