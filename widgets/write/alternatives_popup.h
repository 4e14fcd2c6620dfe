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
    [[nodiscard]] const AlternativesModel& model() const { return *m_model; }
    /// The line that explains what is shown.
    [[nodiscard]] QString explanation() const { return m_explanation; }
    [[nodiscard]] QString title() const { return m_title; }
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] QRect explanationRect(int width) const;

    AlternativesModel* m_model;
    QString m_title;
    QString m_explanation;
};

}  // namespace loom::ui
