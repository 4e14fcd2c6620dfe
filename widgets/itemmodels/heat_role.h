// SPDX-License-Identifier: GPL-3.0-or-later
// HeatRole: cells whose background says how large their number is.
#pragma once

#include <QAbstractItemModel>
#include <QString>

namespace loom::ui {

/// double, 0 … 1: where the cell lies in a sequential colour map. Invalid = no colour.
inline constexpr int kHeatRole = Qt::UserRole + 64;

/// The table as CSV, headers included: what kCsvRole says of a cell, else its text.
inline constexpr int kCsvRole = Qt::UserRole + 65;
[[nodiscard]] QString tableCsv(const QAbstractItemModel& table);

}  // namespace loom::ui
