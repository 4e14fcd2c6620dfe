// SPDX-License-Identifier: GPL-3.0-or-later
// Row kernels, compiled once per instruction set: LOOM_ROW_KERNELS names the function that hands out this set, LOOM_ROW_NAME the set.
// Plain loops that the compiler vectorises.
#include "core/lab/fused/row_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/data/bf16.h"

#if defined(__GNUC__) && !defined(__clang__)
#define LOOM_VECTORISE _Pragma("GCC ivdep")
#else
#define LOOM_VECTORISE
#endif

namespace loom::lab {
namespace {

inline float load(float x) { return x; }
inline float load(Bf16 x) { return fromBf16(x); }
inline void store(float& to, float x) { to = x; }
inline void store(Bf16& to, float x) { to = toBf16(x); }

/// e^x by a polynomial of degree 6 on [−ln2/2, ln2/2] and a shift of the exponent; relative error below 3e-7. x ≤ 88; 0 below −87.
inline float fastExp(float x) {
    constexpr float kLog2e = 1.44269504F;
    constexpr float kLn2High = 0.693359375F;
    constexpr float kLn2Low = -2.12194440e-4F;
    const float clamped = x < -87.0F ? -87.0F : (x > 88.0F ? 88.0F : x);
    const float whole = std::nearbyint(clamped * kLog2e);
    const float rest = clamped - whole * kLn2High - whole * kLn2Low;
    float p = 1.0F / 720.0F;
    p = p * rest + 1.0F / 120.0F;
    p = p * rest + 1.0F / 24.0F;
    p = p * rest + 1.0F / 6.0F;
    p = p * rest + 0.5F;
    p = p * rest + 1.0F;
    p = p * rest + 1.0F;
    const float scale = std::bit_cast<float>((static_cast<std::int32_t>(whole) + 127) << 23);
    return x < -87.0F ? 0.0F : p * scale;
}

/// Ignores NaN. Several maxima side by side: a compiler that must respect NaN makes no vectors of a single one.
template <class T>
float largest(const T* row, std::int64_t n) {
    constexpr std::int64_t kSide = 64;
    float best[kSide];
    std::fill(best, best + kSide, -std::numeric_limits<float>::infinity());
    std::int64_t i = 0;
    for (; i + kSide <= n; i += kSide) {
        for (std::int64_t k = 0; k < kSide; ++k) best[k] = load(row[i + k]) > best[k] ? load(row[i + k]) : best[k];
    }
    for (; i < n; ++i) best[0] = load(row[i]) > best[0] ? load(row[i]) : best[0];
    return *std::max_element(best, best + kSide);
}

template <class T>
void softmax(T* row, std::int64_t seen, std::int64_t width, float scale) {
    const float best = largest(row, seen) * scale;  // scale > 0
    float sum = 0;
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < seen; ++i) {
        const float e = fastExp(load(row[i]) * scale - best);
        sum += e;
        store(row[i], e);
    }
    const float inverse = 1.0F / sum;
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < seen; ++i) store(row[i], load(row[i]) * inverse);
    std::fill(row + seen, row + width, T{});
}

template <class T>
void softmaxBack(const T* p, T* dp, std::int64_t seen, std::int64_t width, float scale) {
    float sum = 0;
    for (std::int64_t i = 0; i < seen; ++i) sum += load(p[i]) * load(dp[i]);
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < seen; ++i) store(dp[i], load(p[i]) * (load(dp[i]) - sum) * scale);
    std::fill(dp + seen, dp + width, T{});
}

template <class T>
void swiglu(const T* gate, const T* up, T* out, std::int64_t n) {
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < n; ++i) {
        const float g = load(gate[i]);
        store(out[i], g / (1.0F + fastExp(-g)) * load(up[i]));
    }
}

template <class T>
void swigluBack(const T* dOut, const T* gate, const T* up, T* dGate, T* dUp, std::int64_t n) {
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < n; ++i) {
        const float g = load(gate[i]);
        const float d = load(dOut[i]);
        const float sigmoid = 1.0F / (1.0F + fastExp(-g));
        store(dUp[i], d * g * sigmoid);
        store(dGate[i], d * load(up[i]) * sigmoid * (1.0F + g * (1.0F - sigmoid)));
    }
}

template <class T>
double crossEntropyOnly(const T* row, std::int64_t n, std::int64_t target) {
    const float best = largest(row, n);
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += fastExp(load(row[i]) - best);
    return static_cast<double>(std::log(sum)) + static_cast<double>(best) - static_cast<double>(load(row[target]));
}

template <class T>
double crossEntropy(T* row, std::int64_t n, std::int64_t target, float scale) {
    const float best = largest(row, n);
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += fastExp(load(row[i]) - best);
    const float aimed = load(row[target]);
    const float inverse = scale / sum;
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < n; ++i) store(row[i], fastExp(load(row[i]) - best) * inverse);
    store(row[target], fastExp(aimed - best) * inverse - scale);
    return static_cast<double>(std::log(sum)) + static_cast<double>(best) - static_cast<double>(aimed);
}

template <class T>
void rotateHalf(const T* x, T* out, const float* cos, const float* sin, std::int64_t half, float sign) {
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < half; ++i) {
        const float u = load(x[i]);
        const float v = load(x[i + half]);
        store(out[i], u * cos[i] - v * sin[i] * sign);
        store(out[i + half], v * cos[i] + u * sin[i] * sign);
    }
}

template <class T>
void rotatePairs(const T* x, T* out, const float* cos, const float* sin, std::int64_t half, float sign) {
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < half; ++i) {
        const float u = load(x[2 * i]);
        const float v = load(x[2 * i + 1]);
        store(out[2 * i], u * cos[i] - v * sin[i] * sign);
        store(out[2 * i + 1], v * cos[i] + u * sin[i] * sign);
    }
}

template <class T>
void addTo(const float* x, const T* y, float* out, std::int64_t n) {
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < n; ++i) out[i] = x[i] + load(y[i]);
}

template <class T>
void fromFloat(const float* x, T* out, std::int64_t n) {
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < n; ++i) store(out[i], x[i]);
}

template <class T>
void toFloat(const T* x, float* out, std::int64_t n) {
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < n; ++i) out[i] = load(x[i]);
}

void normForward(const float* x, const float* w, const float* b, float* out, std::int64_t n, float eps, bool centre, float* mean,
                 float* rstd) {
    const float count = static_cast<float>(n);
    float average = 0;
    if (centre) {
        for (std::int64_t i = 0; i < n; ++i) average += x[i];
        average /= count;
    }
    float squares = 0;
    for (std::int64_t i = 0; i < n; ++i) squares += (x[i] - average) * (x[i] - average);
    const float inverse = 1.0F / std::sqrt(squares / count + eps);
    if (b != nullptr) {
        LOOM_VECTORISE
        for (std::int64_t i = 0; i < n; ++i) out[i] = (x[i] - average) * inverse * w[i] + b[i];
    } else {
        LOOM_VECTORISE
        for (std::int64_t i = 0; i < n; ++i) out[i] = (x[i] - average) * inverse * w[i];
    }
    *mean = average;
    *rstd = inverse;
}

void normBackward(const float* dy, const float* x, const float* w, float mean, float rstd, bool centre, float* dx, float* dw, float* db,
                  std::int64_t n) {
    const float count = static_cast<float>(n);
    float along = 0;  // Σ dy w x̂
    float total = 0;  // Σ dy w
    for (std::int64_t i = 0; i < n; ++i) {
        const float g = dy[i] * w[i];
        along += g * (x[i] - mean) * rstd;
        total += g;
    }
    along /= count;
    total = centre ? total / count : 0.0F;
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < n; ++i) {
        const float normal = (x[i] - mean) * rstd;
        dx[i] = rstd * (dy[i] * w[i] - total - normal * along);
        dw[i] += dy[i] * normal;
    }
    if (db == nullptr) return;
    LOOM_VECTORISE
    for (std::int64_t i = 0; i < n; ++i) db[i] += dy[i];
}

template <class T>
constexpr RowKernelsOf<T> kernelsOf() {
    return {softmax<T>,    softmaxBack<T>, swiglu<T>, swigluBack<T>, crossEntropy<T>, crossEntropyOnly<T>,
            rotateHalf<T>, rotatePairs<T>, addTo<T>,  fromFloat<T>,  toFloat<T>};
}

}  // namespace

const RowKernels& LOOM_ROW_KERNELS() {
    static constexpr RowKernels kSet{kernelsOf<float>(), kernelsOf<Bf16>(), {normForward, normBackward}, LOOM_ROW_NAME};
    return kSet;
}

}  // namespace loom::lab
