// SPDX-License-Identifier: GPL-3.0-or-later
// Long curves as bands: nothing is lost that stands out, and little is kept.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/data/curve_bands.h"

namespace loom {
namespace {

TEST(CurveBands, aShortCurveStaysAsItIs) {
    const std::vector<double> x{1, 2, 5}, y{3, 1, 2};
    const std::vector<CurveBand> bands = curveBands(x, y, 3);
    ASSERT_EQ(bands.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(bands[i], (CurveBand{x[i], y[i], y[i], y[i]}));
    EXPECT_TRUE(curveBands({}, {}, 10).empty());
    EXPECT_TRUE(curveBands(x, y, 0).empty());
}

TEST(CurveBands, aMillionPointsKeepTheirPeaksAndMeans) {
    constexpr std::size_t kPoints = 1'000'000;
    std::vector<double> x(kPoints), y(kPoints);
    double sum = 0;
    for (std::size_t i = 0; i < kPoints; ++i) {
        x[i] = static_cast<double>(i + 1);
        y[i] = 2 + std::sin(static_cast<double>(i) / 1000);
    }
    y[123'456] = 50;
    y[777'777] = -50;
    for (const double value : y) sum += value;
    const std::vector<CurveBand> bands = curveBands(x, y, 500);
    EXPECT_EQ(bands.size(), 500U);
    const auto high = std::max_element(bands.begin(), bands.end(), [](const auto& a, const auto& b) { return a.high < b.high; });
    const auto low = std::min_element(bands.begin(), bands.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
    EXPECT_EQ(high->high, 50);
    EXPECT_NEAR(high->x, 123'457, 2001);
    EXPECT_EQ(low->low, -50);
    EXPECT_NEAR(low->x, 777'778, 2001);
    double means = 0;
    for (const CurveBand& band : bands) {
        EXPECT_LE(band.low, band.mean);
        EXPECT_LE(band.mean, band.high);
        means += band.mean;
    }
    EXPECT_NEAR(means / 500, sum / kPoints, 1e-3);
    EXPECT_EQ(bands.back().x, 1e6);
    EXPECT_TRUE(std::is_sorted(bands.begin(), bands.end(), [](const auto& a, const auto& b) { return a.x < b.x; }));
}

TEST(CurveBands, unevenPointsAndGapsAndWhatIsNoNumber) {
    std::vector<double> x, y;
    for (int i = 0; i < 100; ++i) {
        x.push_back(i < 50 ? i : 1000 + i);
        y.push_back(i == 10 ? std::nan("") : i == 20 ? std::numeric_limits<double>::infinity() : i);
    }
    const std::vector<CurveBand> bands = curveBands(x, y, 10);
    ASSERT_EQ(bands.size(), 2U) << "a stretch without points is no band";
    EXPECT_EQ(bands[0].low, 0);
    EXPECT_EQ(bands[0].high, 49);
    EXPECT_NEAR(bands[0].mean, (49 * 50 / 2 - 30) / 48.0, 1e-12);
    EXPECT_EQ(bands[1].low, 50);
    EXPECT_EQ(bands[1].high, 99);
    const std::vector<double> same(5, 7.0), values{1, 2, 3, 4, 5};
    const std::vector<CurveBand> one = curveBands(same, values, 2);
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0], (CurveBand{7, 1, 5, 3}));
}

}  // namespace
}  // namespace loom
