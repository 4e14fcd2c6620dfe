// SPDX-License-Identifier: GPL-3.0-or-later
// Row kernels: the inner loops of the fused operations, on plain memory. row_kernels.cpp is compiled once per instruction set;
// rowKernels() chooses at run time.
#pragma once

#include <cstdint>

namespace loom::lab {

/// bf16 as its bits: the upper half of an f32.
using Bf16 = std::uint16_t;

/// T is float or Bf16: what lies in memory. Arithmetic is f32. Rows are contiguous.
template <class T>
struct RowKernelsOf {
    /// Softmax of scale · row[0, seen); row[seen, width) becomes 0. In place.
    void (*softmax)(T* row, std::int64_t seen, std::int64_t width, float scale);
    /// dp := p · (dp − Σ p·dp) · scale over [0, seen), 0 beyond. In place in dp.
    void (*softmaxBack)(const T* p, T* dp, std::int64_t seen, std::int64_t width, float scale);
    void (*swiglu)(const T* gate, const T* up, T* out, std::int64_t n);
    void (*swigluBack)(const T* dOut, const T* gate, const T* up, T* dGate, T* dUp, std::int64_t n);
    /// −log softmax(row)[target]; row := (softmax(row) − onehot(target)) · scale. In place.
    double (*crossEntropy)(T* row, std::int64_t n, std::int64_t target, float scale);
    /// −log softmax(row)[target] alone.
    double (*crossEntropyOnly)(const T* row, std::int64_t n, std::int64_t target);
    /// Pairs (i, i + half) or (2i, 2i + 1) turned by cos, sin [half]; sign −1 turns back.
    void (*rotateHalf)(const T* x, T* out, const float* cos, const float* sin, std::int64_t half, float sign);
    void (*rotatePairs)(const T* x, T* out, const float* cos, const float* sin, std::int64_t half, float sign);
    /// out := x + y with x and out f32.
    void (*addTo)(const float* x, const T* y, float* out, std::int64_t n);
    void (*fromFloat)(const float* x, T* out, std::int64_t n);
    void (*toFloat)(const T* x, float* out, std::int64_t n);
};

/// RMSNorm (centre = false) and LayerNorm over one f32 row.
struct NormRowKernels {
    /// out := (x − mean) · rstd · w + b; b may be null. mean is 0 without centre.
    void (*forward)(const float* x, const float* w, const float* b, float* out, std::int64_t n, float eps, bool centre, float* mean,
                    float* rstd);
    /// dx; dw += dy · x̂ and db += dy (db may be null).
    void (*backward)(const float* dy, const float* x, const float* w, float mean, float rstd, bool centre, float* dx, float* dw, float* db,
                     std::int64_t n);
};

struct RowKernels {
    RowKernelsOf<float> f32;
    RowKernelsOf<Bf16> bf16;
    NormRowKernels norm;
    const char* name;  ///< "AVX-512", "AVX2", "portable"

    template <class T>
    [[nodiscard]] const RowKernelsOf<T>& of() const {
        if constexpr (sizeof(T) == sizeof(float)) {
            return f32;
        } else {
            return bf16;
        }
    }
};

/// The fastest set that this processor runs.
[[nodiscard]] const RowKernels& rowKernels();

}  // namespace loom::lab
