// SPDX-License-Identifier: GPL-3.0-or-later
// Curves as an SVG picture for a page that has no script: values stand in <title> elements, which browsers show under the pointer.
#pragma once

#include <string>
#include <vector>

#include "core/data/curve_bands.h"

namespace loom {

struct SvgCurve {
    std::string name;
    std::string colour;  ///< "#0072B2"
    bool dashed = false;
    std::vector<CurveBand> bands;  ///< one point each: low and high as a band where they differ, mean as the line
};

struct SvgPlot {
    std::string title, xLabel, yLabel;
    bool logarithmic = false;  ///< y; only where all values are above 0
    std::vector<SvgCurve> curves;
};

/// An <svg> element; without any point a sentence that says so.
[[nodiscard]] std::string svgText(const SvgPlot& plot);

/// &, <, >, " and ' written as HTML has them; control characters but line breaks become spaces.
[[nodiscard]] std::string htmlText(const std::string& text);
/// At most `digits` significant ones: "1.234", "0.00015", "12,000".
[[nodiscard]] std::string shortNumber(double value, int digits = 4);

}  // namespace loom
