// SPDX-License-Identifier: GPL-3.0-or-later
// Actions: everything the menus offer, with its shortcut.
#pragma once

#include <array>

class QAction;
class QActionGroup;
class QMenu;
class QMenuBar;
class QWidget;

namespace loom::app {

/// Made once; owned by the window.
struct Actions {
    QAction *openFile, *openFolder, *cancelOpen, *clearRecent, *openStory, *saveStory, *quit;
    QAction *undo, *redo, *copy, *selectAll, *find;
    QAction *newStory, *write, *stop, *version, *versionBefore, *versionAfter;
    std::array<QAction*, 5> pages;       ///< in the order of Page
    std::array<QAction*, 2> colourings;  ///< in the order of ui::TokenColouring
    std::array<QAction*, 3> themes;      ///< in the order of ui::ThemeChoice
    QAction *textLarger, *textSmaller, *textReset, *overlay;
    QAction *twin, *card;
    QAction *absorbed, *naive;
    std::array<QAction*, 2> devices;     ///< in the order of DeviceKind
    std::array<QAction*, 6> precisions;  ///< in the order of PrecisionChoice
    QMenu* precisionMenu;
    QAction* measurePrecisions;
    QAction *tour, *shortcuts, *about, *aboutQt;
    QMenu *recent, *modelMenu;
};

/// Fills the menu bar.
[[nodiscard]] Actions makeActions(QMenuBar& bar, QWidget& window);

}  // namespace loom::app
