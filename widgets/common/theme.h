// SPDX-License-Identifier: GPL-3.0-or-later
// Theme: light and dark palettes, the meaning colours, and type. One place decides how everything looks.
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

class QApplication;

namespace loom::ui {

enum class ThemeChoice { System, Light, Dark };

/// One meaning, one colour, in every view and plot. The Okabe–Ito set, safe for colour-blind eyes.
enum class Meaning { FullCache, Latent, RotaryKey, Content, Position, Weights, Activations, Optimiser, Other };

/// For areas and lines; the same hue in light and dark.
[[nodiscard]] QColor colour(Meaning meaning);
/// The same hue made readable as text on the palette's window and base colours (contrast ≥ 4.5 : 1).
[[nodiscard]] QColor textColour(Meaning meaning, const QPalette& palette);
[[nodiscard]] QColor accent(const QPalette& palette);     ///< the one accent: QPalette::Highlight
[[nodiscard]] QColor mutedText(const QPalette& palette);  ///< secondary text, contrast ≥ 4.5 : 1
[[nodiscard]] QColor separator(const QPalette& palette);  ///< thin lines between areas
[[nodiscard]] QColor tint(const QPalette& palette);       ///< faint accent behind generated or selected things

[[nodiscard]] QPalette lightPalette();
[[nodiscard]] QPalette darkPalette();
[[nodiscard]] bool isDark(const QPalette& palette);  ///< by the luminance of the window colour
/// WCAG contrast ratio of two opaque colours, 1 … 21.
[[nodiscard]] double contrast(const QColor& a, const QColor& b);

/// Sets style, palette, and a font of at least 10 points. System = dark where the system's own palette is dark.
void applyTheme(QApplication& app, ThemeChoice choice);

/// The story's readable serif at 1.25 × the interface font.
[[nodiscard]] QFont storyFont(const QFont& interfaceFont);
/// The interface font, `factor` times as large.
[[nodiscard]] QFont scaledFont(const QFont& interfaceFont, double factor, bool bold = false);

}  // namespace loom::ui
