// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/common/tab_line.h"

#include <QPainter>

#include "widgets/common/theme.h"

namespace loom::ui {

TabLine::TabLine(QWidget* parent) : QTabBar(parent) {
    setDrawBase(false);
    setExpanding(false);
    setUsesScrollButtons(true);
    setElideMode(Qt::ElideNone);
    setMouseTracking(true);
}

QSize TabLine::tabSizeHint(int index) const {
    const QFontMetrics metrics(font());
    return {metrics.horizontalAdvance(tabText(index)) + 28, metrics.height() + 14};
}

void TabLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(QRect(0, height() - 1, width(), 1), separator(palette()));
    for (int i = 0; i < count(); ++i) {
        const QRect rect = tabRect(i);
        const bool current = i == currentIndex();
        const bool hover = rect.contains(mapFromGlobal(QCursor::pos()));
        painter.setPen(current ? accent(palette()) : hover ? palette().color(QPalette::WindowText) : mutedText(palette()));
        painter.drawText(rect.adjusted(0, 0, 0, -2), Qt::AlignCenter, tabText(i));
        if (current) painter.fillRect(QRect(rect.left(), height() - 2, rect.width(), 2), accent(palette()));
        if (current && hasFocus()) {
            painter.setPen(QPen(accent(palette()), 1, Qt::DotLine));
            painter.drawRect(QRectF(rect).adjusted(2.5, 2.5, -2.5, -4.5));
        }
    }
}

}  // namespace loom::ui
