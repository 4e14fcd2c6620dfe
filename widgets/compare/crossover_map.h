// SPDX-License-Identifier: GPL-3.0-or-later
// CrossoverMap: context × stories, coloured by which of two networks is faster on this machine.
#pragma once

#include <QWidget>

#include "core/data/time_grid.h"

namespace loom::ui {

/// Arrow keys move from cell to cell; what was not measured is hatched, never coloured.
class CrossoverMap final : public QWidget {
    Q_OBJECT

public:
    explicit CrossoverMap(QWidget* parent = nullptr);

    /// The first row against the second.
    void setGrid(const TimeGrid& grid);
    /// "1,024 tokens, 4 stories: B is 1.31 times as fast (A 4.20 ms, B 3.21 ms)", or why there is nothing.
    [[nodiscard]] QString describe(int context, int batch) const;
    /// The colour of a ratio of times: orange where A is faster, blue where B is, through the neutral colour at 1.
    [[nodiscard]] static QColor ratioColour(double ratio, const QPalette& palette);
    /// Where a cell is drawn, in widget coordinates.
    [[nodiscard]] QRectF cellRect(int context, int batch) const;

    [[nodiscard]] QSize sizeHint() const override { return {360, 220}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 150}; }

signals:
    /// Of the cell under the pointer or the keyboard; empty = none.
    void described(const QString& words);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void drawMap(QPainter& painter, const QSize& size, const QPalette& palette, bool marked) const;
    [[nodiscard]] QRectF area(const QSize& size) const;
    [[nodiscard]] QRectF cellIn(const QSize& size, int context, int batch) const;
    void mark(int context, int batch);
    [[nodiscard]] QString csv() const;

    TimeGrid m_grid;
    int m_context = -1;  ///< of the marked cell
    int m_batch = -1;
};

}  // namespace loom::ui
