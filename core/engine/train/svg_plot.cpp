// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/svg_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace loom {
namespace {

constexpr double kWidth = 860, kHeight = 320;
constexpr double kWidestRatio = 1e12;  ///< that a logarithmic axis shows
constexpr double kLeft = 64, kRight = 16, kTop = 30, kBottom = 42;

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void take(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    [[nodiscard]] bool empty() const { return low > high; }
};

/// Where a value stands on an axis of `length`.
struct Axis {
    Range range;
    double length = 0;
    bool logarithmic = false;
    [[nodiscard]] double operator()(double value) const {
        if (logarithmic) return length * (std::log(value) - std::log(range.low)) / (std::log(range.high) - std::log(range.low));
        return length * (value - range.low) / (range.high - range.low);
    }
};

/// Wide enough to be drawn, with a little room at both ends where asked for.
Range widened(Range range, bool logarithmic, double room) {
    if (range.high <= range.low) {
        const double around = range.low == 0 ? 1.0 : std::abs(range.low) * 0.1;
        range = logarithmic ? Range{range.low / 1.1, range.high * 1.1} : Range{range.low - around, range.high + around};
    }
    if (logarithmic) {
        const double factor = std::pow(range.high / range.low, room);
        return {range.low / factor, range.high * factor};
    }
    const double more = (range.high - range.low) * room;
    return {range.low - more, range.high + more};
}

/// 1, 2 or 5 times a power of ten, so that about `count` steps fill the range.
double tickStep(const Range& range, double count) {
    const double rough = (range.high - range.low) / count;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    const double share = rough / power;
    return power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
}

std::vector<double> ticks(const Axis& axis, double count) {
    std::vector<double> values;
    const Range& r = axis.range;
    if (axis.logarithmic && r.high / r.low > 20) {
        for (double power = std::pow(10.0, std::floor(std::log10(r.low))); power <= r.high; power *= 10)
            for (const double step : {1.0, 2.0, 5.0})
                if ((step == 1.0 || r.high / r.low < 1e3) && power * step >= r.low && power * step <= r.high)
                    values.push_back(power * step);
        return values;
    }
    const double step = tickStep(r, count);
    for (double i = std::ceil(r.low / step); i * step <= r.high && values.size() < 50; ++i) values.push_back(i * step);
    return values;
}

std::string place(double value) {
    std::array<char, 32> room{};
    std::snprintf(room.data(), room.size(), "%.1f", value);
    return room.data();
}

std::string point(double x, double y) { return place(x) + ',' + place(y); }

std::string curveText(const SvgCurve& curve, const SvgPlot& plot, const Axis& x, const Axis& y) {
    const auto at = [&](double vx, double vy) { return point(kLeft + x(vx), kHeight - kBottom - y(vy)); };
    std::string text = "<g style=\"color:" + curve.colour + "\">";
    std::string line, upper, lower;
    bool wide = false;
    for (const CurveBand& band : curve.bands) {
        line += at(band.x, band.mean) + ' ';
        upper += at(band.x, band.high) + ' ';
        lower.insert(0, at(band.x, band.low) + ' ');
        wide = wide || band.high > band.low;
    }
    if (wide) text += "<polygon class=\"band\" points=\"" + upper + lower + "\"/>";
    text += std::string("<polyline class=\"line") + (curve.dashed ? " dashed" : "") + "\" points=\"" + line + "\"/>";
    for (const CurveBand& band : curve.bands) {
        const std::string values = band.high > band.low
                                       ? shortNumber(band.mean) + " (" + shortNumber(band.low) + " … " + shortNumber(band.high) + ")"
                                       : shortNumber(band.mean);
        const std::string where = at(band.x, band.mean);
        const std::size_t comma = where.find(',');
        text += "<circle cx=\"" + where.substr(0, comma) + "\" cy=\"" + where.substr(comma + 1) + "\" r=\"5\"><title>" +
                htmlText(curve.name + "\n" + plot.xLabel + " " + shortNumber(band.x, 9) + "\n" + plot.yLabel + " " + values) +
                "</title></circle>";
    }
    return text + "</g>\n";
}

}  // namespace

std::string htmlText(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
        }
    }
    return out;
}

std::string shortNumber(double value, int digits) {
    std::array<char, 64> room{};
    std::snprintf(room.data(), room.size(), "%.*g", digits, value == 0 ? 0.0 : value);  // no "-0"
    std::string text = room.data();
    if (text.find_first_of("e.n") != std::string::npos) return text;
    const std::size_t first = text.front() == '-' ? 1 : 0;
    for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, ",");
    return text;
}

std::string svgText(const SvgPlot& plot) {
    Range xs, ys;
    for (const SvgCurve& curve : plot.curves) {
        for (const CurveBand& band : curve.bands) {
            xs.take(band.x);
            ys.take(band.low);
            ys.take(band.high);
        }
    }
    const std::string heading = "<figcaption>" + htmlText(plot.title) + "</figcaption>";
    if (xs.empty()) return "<figure>" + heading + "<p>Nothing was measured yet.</p></figure>\n";
    const bool logarithmic = plot.logarithmic && ys.low > 0 && ys.high / ys.low < kWidestRatio;
    const Axis x{widened(xs, false, 0.0), kWidth - kLeft - kRight, false};
    const Axis y{widened(ys, logarithmic, 0.04), kHeight - kTop - kBottom, logarithmic};
    std::string text = "<figure>" + heading + "<svg viewBox=\"0 0 " + place(kWidth) + ' ' + place(kHeight) +
                       "\" role=\"img\" aria-label=\"" + htmlText(plot.title) + "\">\n";
    for (const double tick : ticks(y, 6)) {
        const std::string at = place(kHeight - kBottom - y(tick));
        text += "<line class=\"grid\" x1=\"" + place(kLeft) + "\" x2=\"" + place(kWidth - kRight) + "\" y1=\"" + at + "\" y2=\"" + at +
                "\"/><text class=\"y\" x=\"" + place(kLeft - 8) + "\" y=\"" + at + "\" dy=\"0.35em\">" + shortNumber(tick) + "</text>\n";
    }
    for (const double tick : ticks(x, 8)) {
        const std::string at = place(kLeft + x(tick));
        text += "<text class=\"x\" x=\"" + at + "\" y=\"" + place(kHeight - kBottom + 18) + "\">" + shortNumber(tick, 9) + "</text>\n";
    }
    text += "<text class=\"x\" x=\"" + place(kLeft + x.length / 2) + "\" y=\"" + place(kHeight - 6) + "\">" + htmlText(plot.xLabel) +
            "</text><text class=\"label\" x=\"" + place(kLeft) + "\" y=\"" + place(kTop - 12) + "\">" + htmlText(plot.yLabel) + "</text>\n";
    for (const SvgCurve& curve : plot.curves) text += curveText(curve, plot, x, y);
    return text + "</svg></figure>\n";
}

}  // namespace loom
