// SPDX-License-Identifier: GPL-3.0-or-later
// RunDelegate: a run in two lines: a tick in the colour of its curve, its name, and how far it is.
#pragma once

#include <QStyledItemDelegate>

namespace loom::ui {

class RunDelegate final : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    /// Where the tick lies in a row.
    [[nodiscard]] static QRect tickRect(const QRect& row);

protected:
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option, const QModelIndex& index) override;

private:
    [[nodiscard]] static QRect nameRect(const QStyleOptionViewItem& option);
};

}  // namespace loom::ui
