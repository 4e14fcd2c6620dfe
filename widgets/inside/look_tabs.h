// SPDX-License-Identifier: GPL-3.0-or-later
// LookTabs: the views inside the network that lie below the heads, one in sight at a time.
#pragma once

#include <memory>
#include <vector>

#include <QTabWidget>

#include "core/data/look.h"
#include "widgets/inside/colour_map.h"

class QUndoStack;

namespace loom::ui {

class HeadSwitchModel;
class LookFrame;
class StoryModel;
class WithoutView;

class LookTabs final : public QTabWidget {
    Q_OBJECT

public:
    explicit LookTabs(const StoryModel* story, QWidget* parent = nullptr);

    /// What the tab in sight shows.
    [[nodiscard]] Look shownLook() const;
    void showLook(Look look);
    /// Null where no tab shows such a look.
    [[nodiscard]] LookFrame* frame(Look look) const;
    [[nodiscard]] HeadSwitchModel* switches() const;
    /// Heads that were switched.
    [[nodiscard]] QUndoStack* undoStack() const;
    void setColourMap(ColourMapKind kind);
    void setCurrentHead(int layer, int head);

signals:
    void shownChanged();
    void stopRequested(loom::Look look);

private:
    void add(LookFrame* frame, const QString& name, const QString& tip);

    std::vector<LookFrame*> m_frames;
    WithoutView* m_without;
};

}  // namespace loom::ui
