// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/curve_series.h"

#include <cmath>

namespace loom::ui {

double positionOf(const TrainPoint& point, CurveAxis axis) {
    switch (axis) {
        case CurveAxis::Step: return static_cast<double>(point.step);
        case CurveAxis::Tokens: return static_cast<double>(point.tokens);
        case CurveAxis::Time: return point.seconds;
    }
    return 0;
}

CurveSeries seriesOf(std::span<const TrainPoint> points, CurveQuantity quantity, CurveAxis axis) {
    CurveSeries series;
    series.x.reserve(points.size());
    series.y.reserve(points.size());
    const auto add = [&](const TrainPoint& point, double value) {
        if (!std::isfinite(value)) return;
        series.x.push_back(positionOf(point, axis));
        series.y.push_back(value);
    };
    for (std::size_t i = 0; i < points.size(); ++i) {
        const TrainPoint& p = points[i];
        switch (quantity) {
            case CurveQuantity::Loss: add(p, p.loss); break;
            case CurveQuantity::LearningRate: add(p, p.learningRate); break;
            case CurveQuantity::GradientNorm: add(p, p.gradientNorm); break;
            case CurveQuantity::Memory:
                if (p.memoryBytes) add(p, static_cast<double>(*p.memoryBytes));
                break;
            case CurveQuantity::ExpertLoad:
                if (p.expertLoad) add(p, *p.expertLoad);
                break;
            case CurveQuantity::Speed:
                if (i > 0 && p.seconds > points[i - 1].seconds)
                    add(p, static_cast<double>(p.tokens - points[i - 1].tokens) / (p.seconds - points[i - 1].seconds));
                break;
        }
    }
    return series;
}

CurveSeries validationOf(std::span<const TrainPoint> points, CurveAxis axis) {
    CurveSeries series;
    for (const TrainPoint& p : points) {
        if (!p.validationLoss || !std::isfinite(*p.validationLoss)) continue;
        series.x.push_back(positionOf(p, axis));
        series.y.push_back(*p.validationLoss);
    }
    return series;
}

std::vector<double> movingMean(std::span<const double> y, double weight) {
    std::vector<double> means;
    means.reserve(y.size());
    double sum = 0, weights = 0;
    for (const double value : y) {
        sum = weight * sum + value;
        weights = weight * weights + 1;
        means.push_back(sum / weights);
    }
    return means;
}

std::vector<CurveBand> bandsOf(const CurveSeries& series, std::size_t most, bool logarithmic) {
    if (!logarithmic) return curveBands(series.x, series.y, most);
    std::vector<double> x, y;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
        if (series.x[i] <= 0) continue;
        x.push_back(std::log(series.x[i]));
        y.push_back(series.y[i]);
    }
    std::vector<CurveBand> bands = curveBands(x, y, most);
    for (CurveBand& band : bands) band.x = std::exp(band.x);
    return bands;
}

}  // namespace loom::ui
