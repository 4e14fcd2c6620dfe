// SPDX-License-Identifier: GPL-3.0-or-later
// The list of keyboard shortcuts, read from the menus themselves.
#pragma once

class QMainWindow;

namespace loom::app {

/// Opens a dialog of its own that does not stop the window.
void showShortcuts(QMainWindow& window);

}  // namespace loom::app
