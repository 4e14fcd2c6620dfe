// SPDX-License-Identifier: GPL-3.0-or-later
// A table as a figure: what is in view as a picture, all of it as CSV. And what all tables of the page have in common.
#pragma once

#include "widgets/inside/colour_map.h"
#include "widgets/plot/figure_menu.h"

class QTableView;

namespace loom::ui {

/// The picture has the rows and columns that are at least partly in view.
[[nodiscard]] Figure tableFigure(const QTableView* table, const QString& name, ColourMapKind kind);

/// One cell at a time, narrow rows, Tab leaves the table.
void prepareTable(QTableView* table, const QString& name);

}  // namespace loom::ui
