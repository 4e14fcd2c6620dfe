// SPDX-License-Identifier: GPL-3.0-or-later
// Colours of cache lanes, in one place for map, legend and plot.
#pragma once

#include <optional>
#include <utility>

#include <QColor>

#include "core/data/byte_formulas.h"
#include "widgets/common/theme.h"

namespace loom::ui {

/// Latent green, rotary key purple, keys orange, values a second tone of the same orange.
[[nodiscard]] QColor laneColour(CacheLane lane);
/// The colour a whole cache form is drawn in.
[[nodiscard]] Meaning formMeaning(CacheForm form);
/// Shade of a norm within its lane's range: faint at the smallest, the full lane colour at the largest.
[[nodiscard]] QColor normColour(CacheLane lane, float norm, std::pair<float, float> range, const QPalette& palette);

}  // namespace loom::ui
