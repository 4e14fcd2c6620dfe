// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/heat_delegate.h"

#include <QPainter>

#include "widgets/common/theme.h"
#include "widgets/itemmodels/heat_role.h"

namespace loom::ui {

namespace {
constexpr int kPad = 6;
}

void paintHeatCell(QPainter& painter, const QRectF& cell, const QModelIndex& index, ColourMapKind kind, const QPalette& colours) {
    const QVariant heat = index.data(kHeatRole);
    QColor ink = colours.color(QPalette::Text);
    if (heat.isValid()) {
        const QRgb ground = mapColour(kind, heat.toDouble());
        painter.fillRect(cell, QColor(ground));
        ink = inkOn(ground);
    }
    const QVariant alignment = index.data(Qt::TextAlignmentRole);
    const int flags = alignment.isValid() ? alignment.toInt() : static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter);
    const QRectF room = cell.adjusted(kPad, 0, -kPad, 0);
    painter.setPen(ink);
    painter.drawText(room, flags,
                     QFontMetrics(painter.font()).elidedText(index.data().toString(), Qt::ElideRight, static_cast<int>(room.width())));
}

void HeatDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    painter->save();
    painter->setFont(option.font);
    paintHeatCell(*painter, QRectF(option.rect).adjusted(0, 0, -1, -1), index, m_colourMap, option.palette);
    if (option.state & (QStyle::State_Selected | QStyle::State_HasFocus)) {
        painter->setPen(QPen(accent(option.palette), 2));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(QRectF(option.rect).adjusted(1, 1, -2, -2));
    }
    painter->restore();
}

QSize HeatDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const QFontMetrics metrics(option.font);
    return {metrics.horizontalAdvance(index.data().toString()) + 2 * kPad + 2, metrics.height() + 6};
}

}  // namespace loom::ui
