// SPDX-License-Identifier: GPL-3.0-or-later
// TokenLine: the story up to one word, each word shaded by how much that word looks at it, with arcs to those it looks at most.
#pragma once

#include <vector>

#include <QAbstractScrollArea>

namespace loom::ui {

class StoryModel;

class TokenLine : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit TokenLine(StoryModel* story, QWidget* parent = nullptr);

    /// Shows words 0 … query with these query + 1 weights and a frame around `key`. An empty list shows nothing.
    void setWeights(std::vector<float> weights, int key);
    /// Arcs from the query to the words it looks at most; off at first.
    void setArcs(bool shown);
    /// The keys that arcs lead to, strongest first.
    [[nodiscard]] std::vector<int> arcKeys() const;
    [[nodiscard]] int query() const { return static_cast<int>(m_weights.size()) - 1; }
    /// The word under a point of the viewport, or -1.
    [[nodiscard]] int tokenAt(QPoint point) const;
    /// Where a word stands, in viewport coordinates; empty when it is not shown.
    [[nodiscard]] QRect tokenRect(int token) const;

    /// Position, token, weight: a line per word.
    [[nodiscard]] QString csv() const;
    /// All words with their arcs, also those that are scrolled out of view.
    void drawFigure(QPainter& painter, const QPalette& colours) const;

    [[nodiscard]] QSize sizeHint() const override { return {260, 120}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, 48}; }

signals:
    /// A word was clicked: look at this key.
    void keyChosen(int key);
    /// The pointer is over a word; -1 when it leaves.
    void keyHovered(int key);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    [[nodiscard]] QString text(int token) const;
    void place();
    void drawArcs(QPainter& painter, const QPalette& colours) const;
    /// Words whose place without scrolling lies in `part`, which the painter's origin has been moved for.
    void drawWords(QPainter& painter, const QPalette& colours, const QRect& part, bool arcs) const;

    StoryModel* m_story;
    std::vector<float> m_weights;
    std::vector<QRect> m_rects;  // without scrolling
    int m_key = -1;
    int m_pointed = -1;
    bool m_arcs = false;
};

}  // namespace loom::ui
