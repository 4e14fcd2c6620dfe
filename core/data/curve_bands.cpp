// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/curve_bands.h"

#include <algorithm>
#include <cmath>

namespace loom {
namespace {

bool isPoint(double x, double y) { return std::isfinite(x) && std::isfinite(y); }

}  // namespace

std::vector<CurveBand> curveBands(std::span<const double> x, std::span<const double> y, std::size_t most) {
    std::vector<CurveBand> bands;
    const std::size_t count = std::min(x.size(), y.size());
    if (most == 0) return bands;
    std::size_t points = 0;
    double first = 0;
    double last = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!isPoint(x[i], y[i])) continue;
        if (points++ == 0) first = x[i];
        last = x[i];
    }
    bands.reserve(std::min(points, most));
    const bool each = points <= most;
    const double stretches = static_cast<double>(most);
    std::size_t inBand = 0;
    double current = -1;
    for (std::size_t i = 0; i < count; ++i) {
        if (!isPoint(x[i], y[i])) continue;
        const double share = last > first ? (x[i] - first) / (last - first) : 0.0;
        const double stretch = std::min(std::floor(share * stretches), stretches - 1);
        if (each || inBand == 0 || stretch > current) {
            if (!bands.empty()) bands.back().mean /= static_cast<double>(inBand);
            bands.push_back({x[i], y[i], y[i], 0});
            inBand = 0;
            current = stretch;
        }
        CurveBand& band = bands.back();
        band.x = x[i];
        band.low = std::min(band.low, y[i]);
        band.high = std::max(band.high, y[i]);
        band.mean += y[i];
        ++inBand;
    }
    if (!bands.empty()) bands.back().mean /= static_cast<double>(inBand);
    return bands;
}

}  // namespace loom
