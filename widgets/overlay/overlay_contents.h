// SPDX-License-Identifier: GPL-3.0-or-later
// What the debug overlay shows, as Dear ImGui calls.
#pragma once

#include "core/data/overlay_data.h"

namespace loom::ui {

/// Between NewFrame and Render of a current ImGui context. False when the window's close button was pressed.
[[nodiscard]] bool drawOverlay(const OverlayData& data, float width, float height);

}  // namespace loom::ui
