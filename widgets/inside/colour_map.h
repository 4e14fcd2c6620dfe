// SPDX-License-Identifier: GPL-3.0-or-later
// ColourMap: sequential colour maps that colour-blind eyes can read, and the square-root scale of attention weights.
#pragma once

#include <QColor>
#include <QList>

namespace loom::ui {

enum class ColourMapKind { Cividis, Viridis };

/// Colour at t in [0, 1]; values outside are clamped, NaN counts as 0.
[[nodiscard]] QRgb mapColour(ColourMapKind kind, double t);
/// Colour of an attention weight in [0, 1]: mapColour at its square root.
[[nodiscard]] QRgb weightColour(ColourMapKind kind, double weight);
/// Colour table for HeadsModel's images: levels 0 … 254 are weights, 255 is transparent.
[[nodiscard]] QList<QRgb> levelTable(ColourMapKind kind);

}  // namespace loom::ui
