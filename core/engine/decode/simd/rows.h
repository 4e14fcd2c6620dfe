// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels on single rows: exponentials, norms, activations, rotation.
#pragma once

#include <cstdint>

#include "core/engine/decode/simd/vector.h"

namespace loom::decode {
namespace {

/// to[i] = body(vector at i of each of `from`…): whole vectors, then the rest as one vector with zeros behind.
template <class Body, class... From>
LOOM_INLINE void eachVector(std::int64_t n, float* to, Body body, const From*... from) {
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) store(to + i, body(load(from + i)...));
    if (i < n) storeSome(to + i, body(loadSome(from + i, n - i)...), n - i);
}

/// Σ term(x): four vectors side by side, added in a fixed order.
template <class Term>
LOOM_INLINE float total(const float* x, std::int64_t n, Term term) {
    F acc[4] = {};
    std::int64_t i = 0;
    for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
        for (int k = 0; k < 4; ++k) acc[k] = acc[k] + term(load(x + i + k * kLanes));
    }
    for (; i + kLanes <= n; i += kLanes) acc[0] = acc[0] + term(load(x + i));
    float rest = 0;
    if (i < n) {
        const F last = term(loadSome(x + i, n - i));
        for (std::int64_t k = 0; k < n - i; ++k) rest += last[k];
    }
    return sum((acc[0] + acc[1]) + (acc[2] + acc[3])) + rest;
}

float exponentials(float* row, std::int64_t n, float* largest) {
    if (n <= 0) return 0.0F;
    float best = row[0];
    std::int64_t i = 0;
    if (n >= kLanes) {
        F lanes = load(row);
        for (i = kLanes; i + kLanes <= n; i += kLanes) lanes = larger(lanes, load(row + i));
        best = largestLane(lanes);
    }
    for (; i < n; ++i) best = row[i] > best ? row[i] : best;
    *largest = best;
    const F shift = fill(best);
    eachVector(
        n, row, [shift](F x) { return exponential(x - shift); }, row);
    return total(row, n, [](F x) { return x; });
}

void scale(float* x, float factor, std::int64_t n) {
    const F by = fill(factor);
    eachVector(
        n, x, [by](F v) { return v * by; }, x);
}

void blend(float* to, float keep, const float* from, float take, std::int64_t n) {
    const F a = fill(keep);
    const F b = fill(take);
    eachVector(
        n, to, [a, b](F x, F y) { return fma(x, a, y * b); }, to, from);
}

float squares(const float* x, std::int64_t n) {
    return total(x, n, [](F v) { return v * v; });
}

void rmsNorm(const float* x, const float* weight, float eps, std::int64_t n, float* out) {
    const F inverse = fill(1.0F / __builtin_sqrtf(squares(x, n) / static_cast<float>(n) + eps));
    eachVector(
        n, out, [inverse](F v, F w) { return v * inverse * w; }, x, weight);
}

void layerNorm(const float* x, const float* weight, const float* bias, float eps, std::int64_t n, float* out) {
    const float count = static_cast<float>(n);
    const F mean = fill(total(x, n, [](F v) { return v; }) / count);
    const float variance = total(x, n, [mean](F v) { return (v - mean) * (v - mean); }) / count;
    const F inverse = fill(1.0F / __builtin_sqrtf(variance + eps));
    if (bias == nullptr) {
        eachVector(
            n, out, [mean, inverse](F v, F w) { return (v - mean) * inverse * w; }, x, weight);
    } else {
        eachVector(
            n, out, [mean, inverse](F v, F w, F b) { return fma((v - mean) * inverse, w, b); }, x, weight, bias);
    }
}

void swiglu(const float* gate, const float* up, std::int64_t n, float* out) {
    eachVector(
        n, out, [](F g, F u) { return g / (1.0F + exponential(-g)) * u; }, gate, up);
}

/// x · Φ(x). erfc(a / √2) = e^−p(a) for a ≥ 0: p is a polynomial of degree 8 without constant term, fitted on [0, 6] so that the absolute
/// error of erf stays below 1e-7.
LOOM_INLINE F geluOf(F x) {
    const F a = absolute(x);
    F p = fill(1.421112187927065e-06F);
    p = fma(p, a, fill(-2.084014158754144e-05F));
    p = fma(p, a, fill(9.874232637230307e-05F));
    p = fma(p, a, fill(0.00016699278785381466F));
    p = fma(p, a, fill(-0.004988090600818396F));
    p = fma(p, a, fill(0.03644915297627449F));
    p = fma(p, a, fill(0.31827980279922485F));
    p = fma(p, a, fill(0.7978872656822205F));
    const F tail = exponential(-(p * a)) * 0.5F;
    return x * (x < 0.0F ? tail : 1.0F - tail);
}
void gelu(float* x, std::int64_t n) {
    eachVector(
        n, x, [](F v) { return geluOf(v); }, x);
}

/// x / 2 · (1 + tanh u) = x / (1 + e^−2u), u = √(2/π) (x + 0.044715 x³).
void geluTanh(float* x, std::int64_t n) {
    constexpr float kTwiceRoot = 1.5957691216F;
    eachVector(
        n, x, [](F v) { return v / (1.0F + exponential(v * fma(v * v, fill(-0.044715F * kTwiceRoot), fill(-kTwiceRoot)))); }, x);
}

void add(float* to, const float* from, std::int64_t n) {
    eachVector(
        n, to, [](F a, F b) { return a + b; }, to, from);
}

void rotate(float* x, const float* cos, const float* sin, std::int64_t half, bool interleaved) {
    if (interleaved) {
        for (std::int64_t i = 0; i < half; ++i) {
            const float u = x[2 * i];
            const float v = x[2 * i + 1];
            x[2 * i] = u * cos[i] - v * sin[i];
            x[2 * i + 1] = v * cos[i] + u * sin[i];
        }
        return;
    }
    for (std::int64_t i = 0; i < half; ++i) {
        const float u = x[i];
        const float v = x[i + half];
        x[i] = u * cos[i] - v * sin[i];
        x[i + half] = v * cos[i] + u * sin[i];
    }
}

}  // namespace
}  // namespace loom::decode
