// SPDX-License-Identifier: GPL-3.0-or-later
// Icons: our own line icons, drawn from SVG at any size and coloured by the palette in use when they are painted.
#pragma once

#include <QIcon>
#include <QString>

namespace loom::ui {

/// The line icon resources/icons/NAME.svg: text colour, accent when checked or selected, muted when disabled.
[[nodiscard]] QIcon icon(const QString& name);
/// The program's own icon, in its own colours.
[[nodiscard]] QIcon appIcon();

}  // namespace loom::ui
