// SPDX-License-Identifier: GPL-3.0-or-later
// ShareDelegate: a bar behind a percentage (ShiftModel::ShareRole).
#pragma once

#include <QStyledItemDelegate>

namespace loom::ui {

class ShareDelegate final : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// The bar of one cell, all cells on one scale from 0 to 1; nothing where the cell has no share.
void paintShareBar(QPainter& painter, const QRectF& cell, const QModelIndex& index, const QPalette& colours);

}  // namespace loom::ui
