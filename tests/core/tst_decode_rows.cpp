// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels on single rows, of every set that this processor runs, against the same in double.
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/core/decode_fixture.h"

namespace loom::decode {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
const std::vector<std::int64_t> kSizes{1, 3, 8, 15, 16, 31, 64, 100, 257, 688};

/// |actual − expected| ≤ tolerance · max(1, |expected|).
void expectNear(const std::vector<float>& actual, const std::vector<double>& expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(static_cast<double>(actual[i]), expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
            << i << " of " << expected.size();
    }
}

std::vector<double> each(const std::vector<float>& x, const std::function<double(double)>& f) {
    std::vector<double> out;
    for (const float value : x) out.push_back(f(static_cast<double>(value)));
    return out;
}

/// From −span to span in small steps, so that every part of an approximation is met.
std::vector<float> ramp(float span) {
    std::vector<float> out;
    for (int i = -4000; i <= 4000; ++i) out.push_back(static_cast<float>(i) / 4000 * span);
    return out;
}

TEST_P(DecodeKernels, GeluIsTheExactForm) {
    for (const float span : {1.0F, 6.0F, 30.0F, 1e6F}) {
        std::vector<float> x = ramp(span);
        const std::vector<double> expected = each(x, [](double v) { return 0.5 * v * std::erfc(-v / std::sqrt(2.0)); });
        set().gelu(x.data(), static_cast<std::int64_t>(x.size()));
        expectNear(x, expected, 3e-7);
    }
}

TEST_P(DecodeKernels, GeluTanhIsGpt2s) {
    for (const float span : {1.0F, 6.0F, 30.0F, 1e6F}) {
        std::vector<float> x = ramp(span);
        const std::vector<double> expected =
            each(x, [](double v) { return 0.5 * v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v))); });
        set().geluTanh(x.data(), static_cast<std::int64_t>(x.size()));
        expectNear(x, expected, 5e-7);
    }
}

TEST_P(DecodeKernels, SwigluIsSiluTimesUp) {
    const std::vector<float> gate = ramp(40);
    const std::vector<float> up = numbers(static_cast<std::int64_t>(gate.size()), 5);
    std::vector<double> expected = each(gate, [](double v) { return v / (1 + std::exp(-v)); });
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] *= static_cast<double>(up[i]);
    std::vector<float> out(gate.size());
    set().swiglu(gate.data(), up.data(), static_cast<std::int64_t>(gate.size()), out.data());
    expectNear(out, expected, 5e-7);
    std::vector<float> inGate = gate;
    set().swiglu(inGate.data(), up.data(), static_cast<std::int64_t>(gate.size()), inGate.data());
    EXPECT_EQ(inGate, out);
    std::vector<float> inUp = up;
    set().swiglu(gate.data(), inUp.data(), static_cast<std::int64_t>(gate.size()), inUp.data());
    EXPECT_EQ(inUp, out);
}

TEST_P(DecodeKernels, ExponentialsAndTheirSum) {
    for (const std::int64_t n : kSizes) {
        std::vector<float> row = numbers(n + 3, 7, 20);
        const float behind = row[at(n)];
        double best = -1e30;
        for (std::int64_t i = 0; i < n; ++i) best = std::max(best, static_cast<double>(row[at(i)]));
        std::vector<double> expected;
        double sum = 0;
        for (std::int64_t i = 0; i < n; ++i) expected.push_back(std::exp(static_cast<double>(row[at(i)]) - best));
        for (const double e : expected) sum += e;
        float largest = 0;
        const float total = set().exponentials(row.data(), n, &largest);
        EXPECT_NEAR(static_cast<double>(total), sum, 1e-6 * sum);
        EXPECT_FLOAT_EQ(largest, static_cast<float>(best));
        EXPECT_EQ(row[at(n)], behind);
        row.resize(at(n));
        expectNear(row, expected, 1e-6);
    }
    float largest = 0;
    std::vector<float> masked{1, -kInfinity, 1, -kInfinity, 1, 1, -1e30F, -kInfinity, -kInfinity, -kInfinity, -kInfinity};
    EXPECT_EQ(set().exponentials(masked.data(), static_cast<std::int64_t>(masked.size()), &largest), 4.0F);
    expectNear(masked, {1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0}, 1e-6);
    std::vector<float> broken(20, 1.0F);
    broken[13] = kNaN;
    EXPECT_TRUE(std::isnan(set().exponentials(broken.data(), 20, &largest)));
    EXPECT_EQ(set().exponentials(broken.data(), 0, &largest), 0.0F);
}

TEST_P(DecodeKernels, ScaleAndBlend) {
    for (const std::int64_t n : kSizes) {
        std::vector<float> x = numbers(n, 2);
        const std::vector<float> y = numbers(n, 3);
        std::vector<double> scaled;
        std::vector<double> blended;
        for (std::size_t i = 0; i < x.size(); ++i) {
            scaled.push_back(static_cast<double>(x[i]) * 0.75);
            blended.push_back(scaled[i] * 0.3F + static_cast<double>(y[i]) * 2.5);
        }
        set().scale(x.data(), 0.75F, n);
        expectNear(x, scaled, 1e-7);
        set().blend(x.data(), 0.3F, y.data(), 2.5F, n);
        expectNear(x, blended, 3e-7);
    }
}

TEST_P(DecodeKernels, NormsMatchDouble) {
    for (const std::int64_t n : kSizes) {
        const std::vector<float> x = numbers(n, 1, 3);
        const std::vector<float> weight = numbers(n, 2);
        const std::vector<float> bias = numbers(n, 3);
        double squares = 0;
        double mean = 0;
        double variance = 0;
        for (const float v : x) squares += static_cast<double>(v) * static_cast<double>(v);
        for (const float v : x) mean += static_cast<double>(v) / static_cast<double>(n);
        for (const float v : x) variance += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean) / static_cast<double>(n);
        EXPECT_NEAR(static_cast<double>(set().squares(x.data(), n)), squares, 1e-6 * squares);
        std::vector<double> rms;
        std::vector<double> layer;
        std::vector<double> biased;
        for (std::size_t i = 0; i < x.size(); ++i) {
            rms.push_back(static_cast<double>(x[i]) / std::sqrt(squares / static_cast<double>(n) + 1e-5) * static_cast<double>(weight[i]));
            layer.push_back((static_cast<double>(x[i]) - mean) / std::sqrt(variance + 1e-5) * static_cast<double>(weight[i]));
            biased.push_back(layer[i] + static_cast<double>(bias[i]));
        }
        std::vector<float> out(x.size());
        set().rmsNorm(x.data(), weight.data(), 1e-5F, n, out.data());
        expectNear(out, rms, 2e-6);
        set().layerNorm(x.data(), weight.data(), nullptr, 1e-5F, n, out.data());
        expectNear(out, layer, 2e-6);
        set().layerNorm(x.data(), weight.data(), bias.data(), 1e-5F, n, out.data());
        expectNear(out, biased, 2e-6);
    }
}

TEST_P(DecodeKernels, AddAndRotate) {
    for (const std::int64_t n : kSizes) {
        std::vector<float> to = numbers(n, 1);
        const std::vector<float> from = numbers(n, 2);
        std::vector<float> expected = to;
        for (std::size_t i = 0; i < to.size(); ++i) expected[i] += from[i];
        set().add(to.data(), from.data(), n);
        EXPECT_EQ(to, expected);
        const std::vector<float> x = numbers(2 * n, 3);
        std::vector<float> cos;
        std::vector<float> sin;
        for (std::int64_t i = 0; i < n; ++i) {
            cos.push_back(static_cast<float>(std::cos(0.3 * static_cast<double>(i))));
            sin.push_back(static_cast<float>(std::sin(0.3 * static_cast<double>(i))));
        }
        for (const bool interleaved : {false, true}) {
            std::vector<double> turned(x.size());
            for (std::int64_t i = 0; i < n; ++i) {
                const std::size_t a = at(interleaved ? 2 * i : i);
                const std::size_t b = at(interleaved ? 2 * i + 1 : i + n);
                const double c = static_cast<double>(cos[at(i)]);
                const double s = static_cast<double>(sin[at(i)]);
                turned[a] = static_cast<double>(x[a]) * c - static_cast<double>(x[b]) * s;
                turned[b] = static_cast<double>(x[b]) * c + static_cast<double>(x[a]) * s;
            }
            std::vector<float> out = x;
            set().rotate(out.data(), cos.data(), sin.data(), n, interleaved);
            expectNear(out, turned, 3e-7);
        }
    }
}

TEST_P(DecodeKernels, NoNumberIsSafeEverywhere) {
    for (const float bad : {kNaN, kInfinity, -kInfinity}) {
        std::vector<float> x = numbers(37, 1);
        x[20] = bad;
        const std::vector<float> weight(37, 1.0F);
        std::vector<float> out(37);
        set().rmsNorm(x.data(), weight.data(), 1e-5F, 37, out.data());
        EXPECT_TRUE(std::isnan(out[20]));
        set().layerNorm(x.data(), weight.data(), nullptr, 1e-5F, 37, out.data());
        EXPECT_TRUE(std::isnan(out[0]));
        set().swiglu(x.data(), weight.data(), 37, out.data());
        EXPECT_TRUE(std::isfinite(out[19]));
        EXPECT_EQ(std::isnan(out[20]), std::isnan(bad));
        std::vector<float> gelu = x;
        set().gelu(gelu.data(), 37);
        EXPECT_TRUE(std::isfinite(gelu[19]));
        EXPECT_FALSE(bad > 0 ? std::isnan(gelu[20]) : std::isfinite(gelu[20]) && std::isnan(bad));
        set().geluTanh(x.data(), 37);
        EXPECT_TRUE(std::isfinite(x[19]));
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, DecodeKernels, ::testing::ValuesIn(availableKernels().begin(), availableKernels().end()), setName);

}  // namespace
}  // namespace loom::decode
