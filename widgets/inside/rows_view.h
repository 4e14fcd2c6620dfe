// SPDX-License-Identifier: GPL-3.0-or-later
// RowsView: what a layer keeps of a text as a picture, a column per position and a line per channel.
#pragma once

#include <memory>

#include <QImage>
#include <QWidget>

#include "core/data/inspection.h"

namespace loom::ui {

class StoryModel;

/// A position and one of the channels that are kept for it.
struct KeptCell {
    int token = -1;
    int channel = -1;
    [[nodiscard]] bool isValid() const { return token >= 0 && channel >= 0; }
    bool operator==(const KeptCell&) const = default;
};

/// Numbers of either sign on a square-root scale. Where there are more cells than pixels, a pixel has the number of its block that is
/// farthest from 0. Click locks a cell, Esc unlocks, arrows move it.
class RowsView final : public QWidget {
    Q_OBJECT

public:
    explicit RowsView(const StoryModel* story, QWidget* parent = nullptr);

    /// `rows` [tokens, width] stays alive with `owner`; a null pointer shows nothing.
    void setRows(std::shared_ptr<const void> owner, const std::vector<float>* rows, int width);
    [[nodiscard]] int tokens() const { return m_tokens; }
    [[nodiscard]] int channels() const { return m_width; }
    [[nodiscard]] float value(KeptCell cell) const;
    /// The number farthest from 0, which has the strongest colour.
    [[nodiscard]] float limit() const { return m_limit; }

    /// The locked cell, else the hovered one; may be invalid.
    [[nodiscard]] KeptCell shown() const { return m_locked.isValid() ? m_locked : m_hovered; }
    [[nodiscard]] KeptCell locked() const { return m_locked; }
    void setHovered(KeptCell cell);
    void lock(KeptCell cell);

    [[nodiscard]] QRectF mapRect() const;
    [[nodiscard]] QRectF cellRect(KeptCell cell) const;
    [[nodiscard]] KeptCell cellAt(QPointF point) const;
    void drawFigure(QPainter& painter, const QPalette& colours) const;

    [[nodiscard]] QSize sizeHint() const override { return {640, 200}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 80}; }

signals:
    void cellChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] bool knows(KeptCell cell) const;
    [[nodiscard]] QImage picture(QSize pixels) const;
    void place(KeptCell cell);
    void drawAxes(QPainter& painter, const QPalette& colours) const;

    const StoryModel* m_story;
    std::shared_ptr<const void> m_owner;
    const std::vector<float>* m_rows = nullptr;
    int m_tokens = 0;
    int m_width = 0;
    float m_limit = 0;
    KeptCell m_hovered, m_locked;
    mutable QImage m_picture;
    mutable QSize m_pictureFor;
};

}  // namespace loom::ui
