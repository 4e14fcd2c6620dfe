// SPDX-License-Identifier: GPL-3.0-or-later
// HeadGrid: all heads of a layer as small maps with their number and entropy; one is chosen by mouse or keyboard.
#pragma once

#include <vector>

#include <QAbstractScrollArea>
#include <QPixmap>

#include "widgets/inside/colour_map.h"

namespace loom::ui {

class HeadsModel;

class HeadGrid : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit HeadGrid(HeadsModel* heads, QWidget* parent = nullptr);

    [[nodiscard]] int current() const { return m_current; }
    void setCurrent(int head);
    void setColourMap(ColourMapKind kind);

    [[nodiscard]] int columns() const { return m_columns; }
    /// The frame of a head in viewport coordinates, its caption included.
    [[nodiscard]] QRect headRect(int head) const;
    /// The head under a point of the viewport, or -1.
    [[nodiscard]] int headAt(QPoint point) const;

    /// Heads of this layer that are switched off are marked.
    void setOff(std::vector<int> heads);

    /// Head, entropy, mean distance: a line per head.
    [[nodiscard]] QString csv() const;
    /// All heads, also those that are scrolled out of view.
    void drawFigure(QPainter& painter, const QPalette& colours);

    [[nodiscard]] QSize sizeHint() const override { return {300, 560}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {168, 160}; }

signals:
    void headChosen(int head);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    void relayout();
    void forgetPictures();
    void paintHead(QPainter& painter, int head);
    void paintCaption(QPainter& painter, int head, const QPalette& colours) const;
    [[nodiscard]] QImage drawn(int head, double ratio, const QPalette& colours) const;
    [[nodiscard]] QPixmap picture(int head, double ratio);
    [[nodiscard]] int contentHeight() const;

    HeadsModel* m_heads;
    ColourMapKind m_colourMap = ColourMapKind::Cividis;
    std::vector<QPixmap> m_pictures;  // null = to be made
    std::vector<int> m_off;
    int m_current = 0;
    int m_columns = 1;
    int m_side = 96;  // logical pixels of a thumbnail
};

}  // namespace loom::ui
