// SPDX-License-Identifier: GPL-3.0-or-later
// AlternativesPopup: the ten words that could have come where the pointer is, with what the samplers made of them.
#pragma once

#include <QFrame>
#include <QRect>

#include "core/data/generate.h"

namespace loom::ui {

class AlternativesModel;

/// Where a pop-over of `size` goes: below `anchor`, above it if there is no room, never over it, inside `bounds`.
[[nodiscard]] QRect popupPlace(const QSize& size, const QRect& anchor, const QRect& bounds);

/// One frameless child of the page, reused for every token.
class AlternativesPopup final : public QFrame {
    Q_OBJECT
public:
    explicit AlternativesPopup(QWidget* page);

    /// Shows the step; `before` is the end of the text in front of it, `anchor` the token's line, in the page's coordinates.
    void showStep(const TokenStep& step, const QString& before, const QRect& anchor);
    /// Whether its words can be chosen, with the pointer or choose().
    void setPickable(bool pickable);
    [[nodiscard]] bool isPickable() const { return m_pickable; }
    /// Marks the next word that can be chosen (+1) or the one before it (−1).
    void moveChoice(int direction);
    /// Chooses the marked word; false where none is marked.
    bool choose();
    /// Words without text of their own and the one that is there cannot be chosen.
    [[nodiscard]] bool canBeChosen(int row) const;
    [[nodiscard]] const AlternativesModel& model() const { return *m_model; }
    /// The line that explains what is shown.
    [[nodiscard]] QString explanation() const { return m_explanation; }
    [[nodiscard]] QString title() const { return m_title; }
    [[nodiscard]] QSize sizeHint() const override;

signals:
    void picked(const loom::Alternative& word);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    [[nodiscard]] QRect explanationRect(int width) const;
    [[nodiscard]] int rowAt(const QPoint& position) const;
    void mark(int row);

    AlternativesModel* m_model;
    QString m_title;
    QString m_explanation;
    bool m_pickable = false;
    int m_marked = -1;
};

}  // namespace loom::ui
