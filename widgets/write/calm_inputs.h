// SPDX-License-Identifier: GPL-3.0-or-later
// Sliders and numbers that leave the wheel to the panel they stand in: it changes a value only where the person has put the focus.
#pragma once

#include <QDoubleSpinBox>
#include <QSlider>
#include <QWheelEvent>

namespace loom::ui {

template <class Input>
class Calm final : public Input {
public:
    using Input::Input;

protected:
    void wheelEvent(QWheelEvent* event) override {
        if (this->hasFocus())
            Input::wheelEvent(event);
        else
            event->ignore();
    }
};

using CalmSlider = Calm<QSlider>;
using CalmSpinBox = Calm<QDoubleSpinBox>;

}  // namespace loom::ui
