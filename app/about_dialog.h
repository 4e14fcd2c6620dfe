// SPDX-License-Identifier: GPL-3.0-or-later
// What this program is, and whose work it stands on.
#pragma once

class QMainWindow;

namespace loom::app {

/// Opens a dialog of its own that does not stop the window.
void showAbout(QMainWindow& window, bool withModels);

}  // namespace loom::app
