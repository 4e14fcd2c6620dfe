// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/plot_frame.h"

#include <qcustomplot.h>

#include "widgets/plot/figure_menu.h"
#include "widgets/plot/plot_theme.h"

namespace loom::ui {

PlotFrame::PlotFrame(QWidget* parent) : QWidget(parent), m_plot(new QCustomPlot(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_plot);
    m_plot->setContextMenuPolicy(Qt::NoContextMenu);
    m_plot->installEventFilter(this);
    m_plot->setMouseTracking(true);
    m_plot->axisRect()->setAutoMargins(QCP::msLeft | QCP::msBottom | QCP::msTop);
    m_plot->axisRect()->setMinimumMargins(QMargins(0, 4, 0, 0));
    m_plot->axisRect()->setMargins(QMargins(0, 4, 14, 0));
}

QCPItemText* PlotFrame::textItem(Qt::Alignment alignment) const {
    auto* text = new QCPItemText(m_plot);
    text->setPositionAlignment(alignment);
    text->setSelectable(false);
    text->setPadding(QMargins(4, 2, 4, 2));
    return text;
}

void PlotFrame::recolour(const QPalette& palette) {
    PlotTheme::apply(*m_plot, palette, font());
    applyColours(palette);
}

bool PlotFrame::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_plot) {
        switch (event->type()) {
            case QEvent::MouseMove: readAt(m_plot->xAxis->pixelToCoord(static_cast<QMouseEvent*>(event)->position().x())); break;
            case QEvent::Leave: readAt(-1); break;
            case QEvent::MouseButtonRelease:
                if (static_cast<QMouseEvent*>(event)->button() == Qt::RightButton)
                    showMenu(static_cast<QMouseEvent*>(event)->globalPosition().toPoint());
                break;
            case QEvent::Show:
            case QEvent::Resize:
                if (m_plot->size().isEmpty()) return true;  // on a page that has not been laid out yet: nothing to draw on
                if (m_plot->bufferDevicePixelRatio() != devicePixelRatioF()) m_plot->setBufferDevicePixelRatio(devicePixelRatioF());
                break;
            default: break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void PlotFrame::showMenu(QPoint globalPos) {
    if (figureName().isEmpty()) return;
    Figure figure;
    figure.name = figureName();
    figure.size = m_plot->size();
    figure.draw = [this](QPainter& painter, const QPalette& colours) { drawFigure(painter, colours); };
    figure.csv = [this] { return csv(); };
    figureMenu(this, figure)->popup(globalPos);
}

void PlotFrame::drawFigure(QPainter& painter, const QPalette& colours) {
    recolour(colours);
    QPicture picture;
    {
        QCPPainter recorder(&picture);
        recorder.setMode(QCPPainter::pmVectorized);
        recorder.setMode(QCPPainter::pmNoCaching);
        m_plot->toPainter(&recorder, m_plot->width(), m_plot->height());
    }
    painter.drawPicture(0, 0, picture);
    recolour(palette());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void PlotFrame::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        recolour(palette());
        m_plot->replot(QCustomPlot::rpQueuedReplot);
    }
    QWidget::changeEvent(event);
}

}  // namespace loom::ui
