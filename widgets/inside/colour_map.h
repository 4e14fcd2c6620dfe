// SPDX-License-Identifier: GPL-3.0-or-later
// ColourMap: colour maps that colour-blind eyes can read, sequential and diverging, and the square-root scale of attention weights.
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

/// Diverging, t in [−1, 1]: blue below 0, light grey at 0, orange above; values outside are clamped, NaN counts as 0.
[[nodiscard]] QRgb signedColour(double t);
/// Colour table for images of numbers of either sign: level 127 is 0, 0 and 254 are the ends, 255 is transparent.
[[nodiscard]] QList<QRgb> signedTable();
/// Black or white, whichever is easier to read on this colour.
[[nodiscard]] QColor inkOn(QRgb colour);

}  // namespace loom::ui
