// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/share_delegate.h"

#include <algorithm>

#include <QPainter>

#include "widgets/common/theme.h"
#include "widgets/itemmodels/shift_model.h"

namespace loom::ui {

void paintShareBar(QPainter& painter, const QRectF& cell, const QModelIndex& index, const QPalette& colours) {
    const QVariant share = index.data(ShiftModel::ShareRole);
    if (!share.isValid()) return;
    QColor fill = accent(colours);
    fill.setAlphaF(0.35F);
    const double length = cell.width() * std::clamp(share.toDouble(), 0.0, 1.0);
    painter.fillRect(QRectF(cell.left(), cell.top() + 3, length, cell.height() - 6), fill);
}

void ShareDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    paintShareBar(*painter, option.rect, index, option.palette);
    QStyledItemDelegate::paint(painter, option, index);
}

}  // namespace loom::ui
