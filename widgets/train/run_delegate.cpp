// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/run_delegate.h"

#include <QEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include "core/data/run_summary.h"
#include "widgets/common/theme.h"
#include "widgets/itemmodels/run_list_model.h"

namespace loom::ui {
namespace {

constexpr int kMargin = 12;
constexpr int kTick = 16;
constexpr int kGap = 10;
constexpr int kPad = 8;

QFont detailFont(const QFont& font) { return scaledFont(font, 0.9); }

void paintTick(QPainter& painter, const QRect& place, bool on, const QColor& colour, const QPalette& palette) {
    painter.setPen(QPen(on ? colour : separator(palette).darker(isDark(palette) ? 60 : 125), 1.2));
    painter.setBrush(on ? QBrush(colour) : QBrush(palette.color(QPalette::Base)));
    painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    if (!on) return;
    QPainterPath path;
    path.moveTo(place.left() + 4, place.center().y() + 0.5);
    path.lineTo(place.left() + 7, place.bottom() - 4);
    path.lineTo(place.right() - 3, place.top() + 5);
    painter.setPen(QPen(contrast(colour, Qt::white) >= 2.6 ? Qt::white : QColor(0x1E, 0x21, 0x26), 1.8, Qt::SolidLine, Qt::RoundCap));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
}

}  // namespace

QRect RunDelegate::tickRect(const QRect& row) { return {row.left() + kMargin, row.top() + kPad + 1, kTick, kTick}; }

QRect RunDelegate::nameRect(const QStyleOptionViewItem& option) {
    const QRect& row = option.rect;
    const int left = row.left() + kMargin + kTick + kGap;
    return {left, row.top() + kPad - 1, row.right() - kMargin - left, option.fontMetrics.height() + 2};
}

QSize RunDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
    const int lines = QFontMetrics(option.font).height() + QFontMetrics(detailFont(option.font)).height();
    return {200, lines + 2 * kPad + 6};
}

void RunDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const QPalette& palette = option.palette;
    const auto state = static_cast<RunState>(index.data(RunListModel::StateRole).toInt());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (option.state.testFlag(QStyle::State_Selected)) {
        painter->fillRect(option.rect, tint(palette));
        painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), accent(palette));
    } else if (option.state.testFlag(QStyle::State_MouseOver)) {
        QColor veil = palette.color(QPalette::Text);
        veil.setAlphaF(0.04F);
        painter->fillRect(option.rect, veil);
    }
    const QVariant colour = index.data(Qt::DecorationRole);
    const bool ticked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    paintTick(*painter, tickRect(option.rect), ticked, colour.isValid() ? colour.value<QColor>() : accent(palette), palette);

    const QRect name = nameRect(option);
    painter->setFont(option.font);
    painter->setPen(palette.color(QPalette::Active, state == RunState::Broken ? QPalette::PlaceholderText : QPalette::Text));
    painter->drawText(name, Qt::AlignLeft | Qt::AlignVCenter,
                      option.fontMetrics.elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight, name.width()));
    painter->setFont(detailFont(option.font));
    const QFontMetrics small = painter->fontMetrics();
    const QRect detail(name.left(), name.bottom() + 1, name.width(), small.height());
    painter->setPen(state == RunState::Running ? accent(palette) : mutedText(palette));
    painter->drawText(detail, Qt::AlignLeft | Qt::AlignVCenter,
                      small.elidedText(index.data(RunListModel::DetailRole).toString(), Qt::ElideRight, detail.width()));
    if (state == RunState::Running || state == RunState::Stopped) {
        const double share = index.data(RunListModel::ProgressRole).toDouble();
        const QRectF line(detail.left(), detail.bottom() + 3, detail.width(), 2);
        painter->fillRect(line, separator(palette));
        painter->fillRect(QRectF(line.topLeft(), QSizeF(line.width() * share, 2)),
                          state == RunState::Running ? accent(palette) : mutedText(palette));
    }
    painter->restore();
}

void RunDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const {
    editor->setGeometry(nameRect(option).adjusted(-6, -3, 0, 3));
}

bool RunDelegate::editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option, const QModelIndex& index) {
    const bool key = event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space;
    bool press = false;
    if (event->type() == QEvent::MouseButtonRelease || event->type() == QEvent::MouseButtonPress ||
        event->type() == QEvent::MouseButtonDblClick) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const bool inside = tickRect(option.rect).adjusted(-8, -6, 6, 6).contains(mouse->position().toPoint());
        if (!inside || mouse->button() != Qt::LeftButton) return false;
        press = event->type() == QEvent::MouseButtonRelease;
        if (!press) return true;  // the press belongs to the tick, it does not select
    }
    if (!key && !press) return false;
    const bool on = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    return model->setData(index, on ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

}  // namespace loom::ui
