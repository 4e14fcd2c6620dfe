// SPDX-License-Identifier: GPL-3.0-or-later
// Rotary frequencies and their scalings.
#include "core/data/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/data/model_config.h"

namespace loom {
namespace {

constexpr double kTurn = 2.0 * std::numbers::pi;

double llama3Frequency(double inverse, const RopeScaling& s) {
    const auto original = static_cast<double>(s.originalContext);
    const double wavelength = kTurn / inverse;
    if (wavelength > original / s.lowFrequencyFactor) return inverse / s.factor;
    if (wavelength < original / s.highFrequencyFactor) return inverse;
    const double smooth = (original / wavelength - s.lowFrequencyFactor) / (s.highFrequencyFactor - s.lowFrequencyFactor);
    return inverse * ((1.0 - smooth) / s.factor + smooth);
}

/// YaRN: arXiv 2309.00071, section 3.2.
void applyYarn(std::vector<double>& inverse, const RopeScaling& s, double theta) {
    const auto width = static_cast<double>(2 * inverse.size());
    /// The pair that turns `rotations` times over the original context.
    const auto pairOf = [&](double rotations) {
        return width * std::log(static_cast<double>(s.originalContext) / (rotations * kTurn)) / (2.0 * std::log(theta));
    };
    double low = pairOf(s.betaFast);
    double high = pairOf(s.betaSlow);
    if (s.truncate) {
        low = std::floor(low);
        high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, width - 1.0);
    if (low == high) high += 0.001;
    for (std::size_t i = 0; i < inverse.size(); ++i) {
        const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
        inverse[i] = inverse[i] / s.factor * ramp + inverse[i] * (1.0 - ramp);
    }
}

double yarnFactor(const RopeScaling& s) {
    if (s.attentionFactor) return *s.attentionFactor;
    if (s.mscale != 0.0 && s.mscaleAllDim != 0.0) return yarnMagnitude(s.factor, s.mscale) / yarnMagnitude(s.factor, s.mscaleAllDim);
    return yarnMagnitude(s.factor, 1.0);
}

}  // namespace

std::string_view name(RopeScalingKind kind) {
    switch (kind) {
        case RopeScalingKind::None: return "default";
        case RopeScalingKind::Linear: return "linear";
        case RopeScalingKind::Dynamic: return "dynamic";
        case RopeScalingKind::Llama3: return "llama3";
        case RopeScalingKind::Yarn: return "yarn";
    }
    return "?";
}

double yarnMagnitude(double factor, double m) { return factor <= 1.0 ? 1.0 : 0.1 * m * std::log(factor) + 1.0; }

RopeFrequencies ropeFrequencies(const ModelConfig& config, std::int64_t length) {
    const RopeScaling& s = config.attention.ropeScaling;
    const std::int64_t width = config.attention.rotaryWidth();
    const auto w = static_cast<double>(width);
    double theta = config.attention.ropeTheta;
    if (s.kind == RopeScalingKind::Dynamic && length > s.originalContext) {
        const double stretch = s.factor * static_cast<double>(length) / static_cast<double>(s.originalContext) - (s.factor - 1.0);
        theta *= std::pow(stretch, w / (w - 2.0));
    }
    RopeFrequencies result;
    for (std::int64_t i = 0; i < width / 2; ++i) result.inverse.push_back(std::exp(-2.0 * static_cast<double>(i) / w * std::log(theta)));
    if (s.kind == RopeScalingKind::Linear) {
        for (double& inverse : result.inverse) inverse /= s.factor;
    } else if (s.kind == RopeScalingKind::Llama3) {
        for (double& inverse : result.inverse) inverse = llama3Frequency(inverse, s);
    } else if (s.kind == RopeScalingKind::Yarn) {
        applyYarn(result.inverse, s, theta);
        result.magnitude = yarnFactor(s);
    }
    return result;
}

bool sameRotation(const RopeScaling& s, std::int64_t lengthA, std::int64_t lengthB) {
    if (s.kind != RopeScalingKind::Dynamic) return true;
    return std::max(lengthA, s.originalContext) == std::max(lengthB, s.originalContext);
}

}  // namespace loom
