// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/heat_role.h"

namespace loom::ui {

namespace {

QString field(const QVariant& value) {
    if (value.typeId() != QMetaType::QString) return value.toString();
    QString text = value.toString();
    text.replace(u'"', QStringLiteral("\"\""));
    return u'"' + text + u'"';
}

}  // namespace

QString tableCsv(const QAbstractItemModel& table) {
    QString text;
    for (int column = 0; column < table.columnCount(); ++column)
        text += u',' + field(table.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
    text += u'\n';
    for (int row = 0; row < table.rowCount(); ++row) {
        text += field(table.headerData(row, Qt::Vertical, Qt::DisplayRole).toString());
        for (int column = 0; column < table.columnCount(); ++column) {
            const QModelIndex cell = table.index(row, column);
            const QVariant exact = cell.data(kCsvRole);
            text += u',' + field(exact.isValid() ? exact : QVariant(cell.data().toString()));
        }
        text += u'\n';
    }
    return text;
}

}  // namespace loom::ui
