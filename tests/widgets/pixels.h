// SPDX-License-Identifier: GPL-3.0-or-later
// What colour a picture of a widget has at a point.
#pragma once

#include <cmath>
#include <cstdlib>

#include <QImage>
#include <QPointF>

namespace loom::test {

/// `point` in logical pixels of the widget that was grabbed.
inline QRgb pixelAt(const QImage& image, QPointF point) {
    const double ratio = image.devicePixelRatio();
    return image.pixel(static_cast<int>(std::floor(point.x() * ratio)), static_cast<int>(std::floor(point.y() * ratio)));
}

/// Tables of colours have 255 steps, which round.
inline bool near(QRgb a, QRgb b) {
    return std::abs(qRed(a) - qRed(b)) <= 2 && std::abs(qGreen(a) - qGreen(b)) <= 2 && std::abs(qBlue(a) - qBlue(b)) <= 2;
}

}  // namespace loom::test
