// SPDX-License-Identifier: GPL-3.0-or-later
// OccupancyView: layers down, positions across; what is filled, how large it is, and what is still free.
#pragma once

#include <vector>

#include <QAbstractScrollArea>
#include <QImage>

namespace loom::ui {

class CacheModel;
class StoryModel;

/// One lane of one layer at one position.
struct OccupancyCell {
    int row = -1;  ///< of the CacheModel: layer × lanes + lane
    int position = -1;
    [[nodiscard]] bool isValid() const { return row >= 0 && position >= 0; }
    bool operator==(const OccupancyCell&) const = default;
};

class OccupancyView : public QAbstractScrollArea {
    Q_OBJECT

public:
    enum class Value { Filled, Norm };

    OccupancyView(StoryModel* story, CacheModel* cache, QWidget* parent = nullptr);

    [[nodiscard]] Value value() const { return m_value; }
    void setValue(Value value);

    [[nodiscard]] OccupancyCell cell() const { return m_cell; }
    void setCell(OccupancyCell cell);
    /// The cell under a point of the viewport, free capacity included; invalid between lanes and outside.
    [[nodiscard]] OccupancyCell cellAt(QPointF point) const;
    /// In viewport coordinates.
    [[nodiscard]] QRectF cellRect(OccupancyCell cell) const;
    /// One lane of one layer, all its positions.
    [[nodiscard]] QRectF laneRect(int row) const;
    /// "layer 3, position 212 “dog”: latent norm 1.42, 384 B"
    [[nodiscard]] QString describe(OccupancyCell cell) const;

    [[nodiscard]] QString csv() const;
    void drawFigure(QPainter& painter, const QPalette& colours) const;
    /// Height in which no row scrolls and none is stretched further.
    [[nodiscard]] int fullHeight() const;

    [[nodiscard]] QSize sizeHint() const override { return {800, 320}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {280, 120}; }

signals:
    void cellChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    struct Layout {
        int left = 0;                            // logical pixels before the first position
        int width = 0;                           // device pixels of all positions
        int top = 0;                             // logical, scrolled
        int pitch = 0;                           // logical pixels from layer to layer
        std::vector<std::pair<int, int>> lanes;  // top and height within a layer, logical
        double ratio = 1;
    };

    void invalidate();
    void relayout();
    [[nodiscard]] Layout layoutFor(QSize size, double ratio) const;
    [[nodiscard]] int edge(const Layout& layout, int position) const;
    [[nodiscard]] QRectF rectOf(const Layout& layout, OccupancyCell cell) const;
    [[nodiscard]] QImage laneImage(const Layout& layout, int row, const QPalette& colours) const;
    void drawAll(QPainter& painter, const Layout& layout, QSize size, const QPalette& colours) const;
    void drawAxis(QPainter& painter, const Layout& layout, int y, const QPalette& colours) const;

    StoryModel* m_story;
    CacheModel* m_cache;
    Value m_value = Value::Filled;
    OccupancyCell m_cell;
    QImage m_image;
    bool m_imageValid = false;
};

}  // namespace loom::ui
