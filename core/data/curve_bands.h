// SPDX-License-Identifier: GPL-3.0-or-later
// Long curves as few points: per stretch of x the lowest, highest and mean value, so that no jump is lost.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace loom {

struct CurveBand {
    double x = 0;  ///< of the stretch's last point
    double low = 0, high = 0, mean = 0;
    bool operator==(const CurveBand&) const = default;
};

/// At most `most` bands over equal stretches of x. Points must stand in rising order of x; those whose x or y is no finite number are left
/// out, stretches without a point give no band. A curve of at most `most` points keeps each of them. O(points), no allocation but the
/// result.
[[nodiscard]] std::vector<CurveBand> curveBands(std::span<const double> x, std::span<const double> y, std::size_t most);

}  // namespace loom
