// SPDX-License-Identifier: GPL-3.0-or-later
// Sliders and numbers that leave the wheel to the panel they stand in: it changes a value only where the person has put the focus.
#pragma once

#include <QDoubleSpinBox>
#include <QSlider>
#include <QWheelEvent>

namespace loom::ui {

class CalmSlider final : public QSlider {
public:
    using QSlider::QSlider;

protected:
    void wheelEvent(QWheelEvent* event) override {
        if (hasFocus())
            QSlider::wheelEvent(event);
        else
            event->ignore();
    }
};

class CalmSpinBox final : public QDoubleSpinBox {
public:
    using QDoubleSpinBox::QDoubleSpinBox;

protected:
    void wheelEvent(QWheelEvent* event) override {
        if (hasFocus())
            QDoubleSpinBox::wheelEvent(event);
        else
            event->ignore();
    }
};

}  // namespace loom::ui
