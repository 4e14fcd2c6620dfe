// SPDX-License-Identifier: GPL-3.0-or-later
// PlotTheme: how every QCustomPlot looks. Apply it again when the palette changes.
#pragma once

#include <QFont>
#include <QPalette>

class QCustomPlot;

namespace loom::ui::PlotTheme {

/// Background, axes, grid, fonts and text colours. Leaves the data's own pens alone.
void apply(QCustomPlot& plot, const QPalette& palette, const QFont& font);

}  // namespace loom::ui::PlotTheme
