// SPDX-License-Identifier: GPL-3.0-or-later
// PlotFrame: what every plot of ours does: sharp on any screen, themed, values under the pointer, and the figure menu.
#pragma once

#include <QWidget>

class QCPItemText;
class QCustomPlot;

namespace loom::ui {

class PlotFrame : public QWidget {
    Q_OBJECT

public:
    explicit PlotFrame(QWidget* parent = nullptr);

    /// The figure's data, with a header line.
    [[nodiscard]] virtual QString csv() const = 0;
    /// Draws the figure as it is, in these colours.
    void drawFigure(QPainter& painter, const QPalette& colours);

    [[nodiscard]] QSize sizeHint() const override { return {460, 240}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 150}; }

protected:
    [[nodiscard]] QCustomPlot* plot() const { return m_plot; }
    /// A text item that cannot be selected, with a little room around it.
    [[nodiscard]] QCPItemText* textItem(Qt::Alignment alignment) const;

    /// Colours and fonts of the data; axes and grid are done. Called whenever they change.
    virtual void applyColours(const QPalette& palette) = 0;
    /// The pointer is over this x; called with −1 when it leaves.
    virtual void readAt(double x) = 0;
    /// File name of a saved figure; empty = there is nothing to save yet.
    [[nodiscard]] virtual QString figureName() const = 0;
    /// Theme, then applyColours().
    void recolour(const QPalette& palette);

    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void showMenu(QPoint globalPos);

    QCustomPlot* m_plot;
};

}  // namespace loom::ui
