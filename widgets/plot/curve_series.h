// SPDX-License-Identifier: GPL-3.0-or-later
// From the points of a training run to what a plot draws: one quantity against one axis, thinned out where there are more points than
// pixels.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/data/curve_bands.h"
#include "core/data/train_point.h"

namespace loom::ui {

enum class CurveQuantity { Loss, LearningRate, GradientNorm, Speed, Memory, ExpertLoad };
enum class CurveAxis { Step, Tokens, Time };

/// Where a point stands on the axis: a step, tokens, or seconds.
[[nodiscard]] double positionOf(const TrainPoint& point, CurveAxis axis);

/// x ascending, as long as y. Points without a value are left out.
struct CurveSeries {
    std::vector<double> x, y;
};
/// Loss in nats per token, gradient norm, learning rate, tokens per second since the point before, bytes of memory, use of the busiest
/// expert over an even share.
[[nodiscard]] CurveSeries seriesOf(std::span<const TrainPoint> points, CurveQuantity quantity, CurveAxis axis);
/// Loss on held-out stories, where it was measured.
[[nodiscard]] CurveSeries validationOf(std::span<const TrainPoint> points, CurveAxis axis);

/// Moving mean in which the point before counts `weight` times as much as the next, 0 … 1: about 1 / (1 − weight) points. At its beginning
/// it is the mean of the few points there are, so that it does not lag behind.
[[nodiscard]] std::vector<double> movingMean(std::span<const double> y, double weight);

/// curveBands() along an axis that may be logarithmic, where x ≤ 0 is left out.
[[nodiscard]] std::vector<CurveBand> bandsOf(const CurveSeries& series, std::size_t most, bool logarithmic);

}  // namespace loom::ui
