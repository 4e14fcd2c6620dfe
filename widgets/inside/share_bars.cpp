// SPDX-License-Identifier: GPL-3.0-or-later
// ShareBars: one row per word, all bars on one scale from 0 to 1.
#include "widgets/inside/share_bars.h"

#include <algorithm>

#include <QPainter>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"

namespace loom::ui {

ShareBars::ShareBars(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed); }

void ShareBars::setEntries(std::vector<Entry> entries) {
    m_entries = std::move(entries);
    update();
}

QSize ShareBars::sizeHint() const { return {220, kRows * (QFontMetrics(font()).height() + 4)}; }

QSize ShareBars::minimumSizeHint() const { return {140, sizeHint().height()}; }

void ShareBars::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    const QFontMetrics metrics(font());
    const int line = metrics.height() + 4;
    const int number = metrics.horizontalAdvance(formatPercent(0.0001)) + 8;
    const int name = std::min(width() / 3, metrics.horizontalAdvance(QStringLiteral("“mmmmmm”")));
    const int room = std::max(8, width() - name - 8 - number);
    int y = 0;
    for (const Entry& entry : m_entries) {
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(QRect(0, y, name, line), Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(entry.name, Qt::ElideMiddle, name));
        const double length = std::max(2.0, room * std::clamp(entry.share, 0.0, 1.0));
        QColor fill = accent(palette());
        if (!entry.marked) fill.setAlphaF(0.55F);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(fill);
        painter.drawRoundedRect(QRectF(name + 8, y + (line - 8) / 2.0, length, 8), 2, 2);
        painter.setPen(mutedText(palette()));
        painter.drawText(QRectF(name + 8 + length + 6, y, number, line), Qt::AlignLeft | Qt::AlignVCenter, formatPercent(entry.share));
        y += line;
    }
}

}  // namespace loom::ui
