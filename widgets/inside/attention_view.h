// SPDX-License-Identifier: GPL-3.0-or-later
// AttentionView: one head large. Rows are queries, columns the keys they look at, labelled by their tokens.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <QImage>
#include <QWidget>

#include "widgets/inside/colour_map.h"

namespace loom::ui {

class HeadsModel;
class StoryModel;
class Workshop;

/// A query and one of the keys it can see.
struct AttentionCell {
    int query = -1;
    int key = -1;
    [[nodiscard]] bool isValid() const { return query >= 0 && key >= 0 && key <= query; }
    bool operator==(const AttentionCell&) const = default;
};

/// Everything that does not follow the pointer is drawn once into an image in device pixels; a paint event copies it
/// and adds the marks. The map of each head that was seen is kept; long stories are drawn by another thread, and the map before stays in
/// sight meanwhile. Click locks a cell, Esc unlocks, arrows move it, Return locks the cell the arrows chose.
class AttentionView : public QWidget {
    Q_OBJECT

public:
    AttentionView(StoryModel* story, HeadsModel* heads, QWidget* parent = nullptr);

    ~AttentionView() override;

    /// Shows another model's numbers: weights, an average, or a part of the scores. It outlives the view.
    void setSource(HeadsModel* heads);
    [[nodiscard]] const HeadsModel& source() const { return *m_heads; }

    [[nodiscard]] int head() const { return m_head; }
    /// Out of range shows nothing.
    void setHead(int head);
    void setColourMap(ColourMapKind kind);

    [[nodiscard]] AttentionCell hovered() const { return m_hovered; }
    [[nodiscard]] AttentionCell locked() const { return m_locked; }
    /// The locked cell, else the hovered one, else the newest query with the key it looks at most. Invalid without a story.
    [[nodiscard]] AttentionCell shown() const;
    void setHovered(AttentionCell cell);
    /// An invalid or unknown cell unlocks.
    void lock(AttentionCell cell);
    void unlock() { lock({}); }

    /// The cell under a point of this widget; invalid outside and above the diagonal.
    [[nodiscard]] AttentionCell cellAt(QPointF point);
    /// Where a cell is, in this widget's coordinates.
    [[nodiscard]] QRectF cellRect(AttentionCell cell) const;
    /// Where the whole map is.
    [[nodiscard]] QRectF mapRect() const;
    /// Every n-th token is labelled.
    [[nodiscard]] int labelStep() const;

    /// Whether the shown head's map is being drawn by the other thread.
    [[nodiscard]] bool isDrawing() const;

    /// The shown head as text: a line per query and key it sees.
    [[nodiscard]] QString csv() const;
    /// File name of a saved picture.
    void setFigureName(const QString& name) { m_figureName = name; }
    /// Draws the view without pointer marks into a rectangle of `size()`.
    void drawFigure(QPainter& painter, const QPalette& colours) const;

    [[nodiscard]] QSize sizeHint() const override { return {620, 560}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 240}; }

signals:
    /// The hovered or locked cell, or what it shows, changed.
    void cellChanged();
    /// A map that the other thread drew is in sight.
    void drawn();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Layout {
        int tokens = 0;
        int left = 0;  // logical pixels before the map
        int top = 0;
        int side = 0;     // device pixels
        double cell = 0;  // device pixels per token
        int block = 1;    // tokens per drawn cell
        double ratio = 1;
        std::vector<int> edges;  // device pixels of the drawn cells
    };

    void invalidate();
    void onReset();
    void ensureLayout();
    void ensureImage();
    [[nodiscard]] Layout layoutFor(QSize size, double ratio) const;
    struct Style;
    [[nodiscard]] Style styleFor(const Layout& layout, const QPalette& colours) const;
    /// The shown head's map for m_layout, or null while it is being drawn.
    [[nodiscard]] QImage tile();
    void paintLabels(QPainter& painter, const Layout& layout, const QPalette& colours) const;
    void paintLabel(QPainter& painter, const Layout& layout, int token, bool isQuery, const QColor& colour, bool filled) const;
    void paintMarks(QPainter& painter, const Layout& layout) const;
    [[nodiscard]] QString label(int token, int width) const;
    [[nodiscard]] QRectF rectOf(const Layout& layout, AttentionCell cell) const;
    void moveCell(int dQuery, int dKey);
    void placeCell(AttentionCell cell);

    StoryModel* m_story;
    HeadsModel* m_heads;
    ColourMapKind m_colourMap = ColourMapKind::Cividis;
    int m_head = 0;
    AttentionCell m_hovered;
    AttentionCell m_locked;
    Layout m_layout;
    QImage m_image;
    std::map<int, QImage> m_tiles;  ///< by head
    int m_wanted = -1;              ///< the head that is being drawn
    QString m_figureName;
    std::unique_ptr<Workshop> m_workshop;  ///< made for the first long story
    bool m_layoutValid = false;
    bool m_imageValid = false;
};

}  // namespace loom::ui
