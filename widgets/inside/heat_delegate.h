// SPDX-License-Identifier: GPL-3.0-or-later
// HeatDelegate: table cells on the colour of their number (kHeatRole), the chosen one in a frame.
#pragma once

#include <QStyledItemDelegate>

#include "widgets/inside/colour_map.h"

namespace loom::ui {

class HeatDelegate final : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void setColourMap(ColourMapKind kind) { m_colourMap = kind; }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    ColourMapKind m_colourMap = ColourMapKind::Cividis;
};

/// One cell with its colour and its text, for tables on the screen and in figures.
void paintHeatCell(QPainter& painter, const QRectF& cell, const QModelIndex& index, ColourMapKind kind, const QPalette& colours);

}  // namespace loom::ui
