// SPDX-License-Identifier: GPL-3.0-or-later
// PlotTheme: thin axes, a grid that is barely visible.
#include "widgets/plot/plot_theme.h"

#include <qcustomplot.h>

#include "widgets/common/theme.h"

namespace loom::ui::PlotTheme {

void apply(QCustomPlot& plot, const QPalette& palette, const QFont& font) {
    plot.setBackground(QBrush(palette.color(QPalette::Window)));
    plot.setNotAntialiasedElements(QCP::aeAxes | QCP::aeGrid | QCP::aeSubGrid | QCP::aeZeroLine);
    const QColor line = separator(palette);
    QColor grid = line;
    grid.setAlphaF(0.55F);
    const QPen axisPen(line, 1);
    for (QCPAxisRect* rect : plot.axisRects()) {
        for (QCPAxis* axis : rect->axes()) {
            axis->setBasePen(axisPen);
            axis->setTickPen(axisPen);
            axis->setSubTickPen(Qt::NoPen);
            axis->setTickLengthIn(0);
            axis->setTickLengthOut(4);
            axis->setSubTicks(false);
            axis->setTickLabelColor(mutedText(palette));
            axis->setLabelColor(mutedText(palette));
            axis->setTickLabelFont(font);
            axis->setLabelFont(font);
            axis->grid()->setPen(QPen(grid, 1));
            axis->grid()->setSubGridVisible(false);
            axis->grid()->setZeroLinePen(Qt::NoPen);
        }
    }
}

}  // namespace loom::ui::PlotTheme
