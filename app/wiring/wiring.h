// SPDX-License-Identifier: GPL-3.0-or-later
// Every connection between the parts of the window, a file per mode.
#pragma once

namespace loom::app {

struct LaunchOptions;
struct WindowParts;

// wireWrite comes first: it brings the story model up to date before the others read it.
void wireWrite(WindowParts& parts);      ///< writing, stopping, the story model
void wireInside(WindowParts& parts);     ///< which layer is captured, when a whole map is computed
void wireLooks(WindowParts& parts);      ///< what else is seen inside: asked for while it is shown
void wireCache(WindowParts& parts);      ///< what is kept, and the decoding path
void wireTrain(WindowParts& parts);      ///< training runs: set-up, progress, questions, the list of runs
void wireDownload(WindowParts& parts);   ///< stories from the internet, on the Train page
void wireCompare(WindowParts& parts);    ///< twin decode: who is compared, the step clock
void wireModel(WindowParts& parts);      ///< opening, errors, the bottom strip, the window's title
void wireMenus(WindowParts& parts);      ///< what each action does and when it can be used
void wireDevice(WindowParts& parts);     ///< Model → Compute on
void wirePrecision(WindowParts& parts);  ///< Model → Precision
void wireTour(WindowParts& parts);       ///< Help → Tour
void wireView(WindowParts& parts);       ///< pages, theme, text size, debug overlay

/// Whether the window can be closed at once. Where a run is going on it asks first, and closes the window when the run has been saved.
[[nodiscard]] bool mayClose(WindowParts& parts);

/// Last: the story that begins by itself, where the program was started without a file.
void wireStart(WindowParts& parts, const LaunchOptions& options);

}  // namespace loom::app
