// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/table_figure.h"

#include <algorithm>

#include <QHeaderView>
#include <QPainter>
#include <QTableView>

#include "widgets/common/theme.h"
#include "widgets/inside/heat_delegate.h"
#include "widgets/itemmodels/heat_role.h"

namespace loom::ui {

namespace {

/// First and last section of a header that are in view.
struct Range {
    int first = 0;
    int last = -1;
};

Range inView(const QHeaderView* header, int length) {
    if (header->count() == 0) return {};
    const int first = std::max(0, header->visualIndexAt(0));
    const int last = header->visualIndexAt(length - 1);
    return {first, last < 0 ? header->count() - 1 : last};
}

int lengthOf(const QHeaderView* header, Range range) {
    int length = 0;
    for (int i = range.first; i <= range.last; ++i) length += header->sectionSize(i);
    return length;
}

}  // namespace

Figure tableFigure(const QTableView* table, const QString& name, ColourMapKind kind) {
    const QAbstractItemModel* model = table->model();
    const Range columns = inView(table->horizontalHeader(), table->viewport()->width());
    const Range rows = inView(table->verticalHeader(), table->viewport()->height());
    if (!model || model->rowCount() == 0 || columns.last < 0) return {};
    const int left = table->verticalHeader()->width();
    const int top = table->horizontalHeader()->height();
    Figure figure;
    figure.name = name;
    figure.size = {left + lengthOf(table->horizontalHeader(), columns), top + lengthOf(table->verticalHeader(), rows)};
    figure.draw = [=](QPainter& painter, const QPalette& colours) {
        painter.setFont(table->font());
        const auto header = [&](const QRectF& box, int section, Qt::Orientation orientation) {
            painter.setPen(mutedText(colours));
            painter.drawText(
                box.adjusted(6, 0, -6, 0), Qt::AlignLeft | Qt::AlignVCenter,
                QFontMetrics(table->font())
                    .elidedText(model->headerData(section, orientation).toString(), Qt::ElideRight, static_cast<int>(box.width()) - 12));
        };
        double x = left;
        for (int column = columns.first; column <= columns.last; ++column) {
            const int width = table->columnWidth(column);
            header({x, 0, static_cast<double>(width), static_cast<double>(top)}, column, Qt::Horizontal);
            x += width;
        }
        double y = top;
        for (int row = rows.first; row <= rows.last; ++row) {
            const int height = table->rowHeight(row);
            header({0, y, static_cast<double>(left), static_cast<double>(height)}, row, Qt::Vertical);
            x = left;
            for (int column = columns.first; column <= columns.last; ++column) {
                const QRectF cell(x, y, table->columnWidth(column) - 1, height - 1);
                paintHeatCell(painter, cell, model->index(row, column), kind, colours);
                x += table->columnWidth(column);
            }
            y += height;
        }
    };
    figure.csv = [model] { return tableCsv(*model); };
    return figure;
}

void prepareTable(QTableView* table, const QString& name) {
    table->setAccessibleName(name);
    table->setFrameShape(QFrame::NoFrame);
    table->setShowGrid(false);
    table->setTabKeyNavigation(false);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setMouseTracking(true);
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 8);
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->horizontalHeader()->setHighlightSections(false);
    table->verticalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->viewport()->setBackgroundRole(QPalette::Window);
}

}  // namespace loom::ui
