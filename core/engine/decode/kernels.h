// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels: the inner loops of the fast path on plain memory, one set per instruction set, chosen at run time.
//
// Every function gives the same bits for a row whatever stands beside it: how many tokens are computed at once, which range of panels a
// thread takes and how many queries share a call never change the order in which one result is summed. The sets differ among
// each other in the last bits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/data/dtype.h"
#include "core/data/precision.h"

namespace loom::decode {

/// Rows of a matrix that are packed together: the unit of work between threads.
inline constexpr std::int64_t kPanel = 32;
/// Columns that share a scale: of quantised activations, and of int4 weights.
inline constexpr std::int64_t kGroup = 32;

/// A weight matrix [rows, columns] as PackedMatrix lays it out. Rows are padded with zeros to whole panels, columns to whole groups.
///   F32, Bf16  [panel][column][32 rows], the rows of a bf16 column in an order that the set of kernels chooses
///   Int8       [panel][column/4][32 rows][4 columns], s8 or u8 as the set wants it; scales [panel][32 rows] f32
///   Int4       [panel][group][4 column/4][32 rows][4 bytes]: columns c and c + 16 of a group share a byte, each + 8; scales
///              [panel][group][32 rows] f32
struct PackedView {
    Precision precision = Precision::F32;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    const std::byte* data = nullptr;  ///< 64-byte aligned
    const float* scales = nullptr;

    [[nodiscard, gnu::always_inline]] std::int64_t panels() const { return (rows + kPanel - 1) / kPanel; }
    [[nodiscard, gnu::always_inline]] std::int64_t groups() const { return (columns + kGroup - 1) / kGroup; }
};

/// Activations [tokens, columns] as products with a precision want them: `values` for F32 and Bf16, the rest for Int8 and Int4.
/// Rows of `steps` are padded with zeros to whole groups.
struct ActivationsView {
    const float* values = nullptr;       ///< row t at values + t · stride
    std::int64_t stride = 0;             ///< elements
    const std::int8_t* steps = nullptr;  ///< [tokens, groups · 32], each in [−127, 127]
    const float* scales = nullptr;       ///< [tokens, groups]: largest absolute value of the group / 127; NaN where one is not finite
    const std::int32_t* sums = nullptr;  ///< [tokens, groups]: sum of the group's steps
};

/// Rows of one lane of a cache: position p at data + p · stride elements of `type` (F32, BF16, F16 or I8). I8: times scales[p ·
/// scaleStride].
struct Cells {
    const std::byte* data = nullptr;
    const float* scales = nullptr;
    std::int64_t stride = 0;
    std::int64_t scaleStride = 0;
    DType type = DType::F32;
};

struct Kernels {
    std::string_view name;  ///< "AVX-512 VNNI", "AVX-512", "AVX2 VNNI", "AVX2", "NEON dot", "NEON", "portable"

    /// Packs rows [panel · 32, panel · 32 + 32) of a matrix of `columns` columns; `source` has them row-major in f32 (32 × columns, absent
    /// rows zero). Writes the panel's data, and its scales where the precision has them.
    void (*pack)(Precision precision, const float* source, std::int64_t columns, std::byte* data, float* scales);
    /// Reads row `row` of a packed matrix as f32 [columns].
    void (*unpackRow)(const PackedView& w, std::int64_t row, float* out);
    /// Quantises one row of activations: steps (padded with zeros), scales and sums as in ActivationsView.
    void (*quantise)(const float* x, std::int64_t columns, std::int8_t* steps, float* scales, std::int32_t* sums);
    /// y[t · yStride + row] = Σ_c w[row, c] · x[t, c] for the rows of panels [first, last) that exist, t in [0, tokens).
    void (*multiply)(const PackedView& w, std::int64_t first, std::int64_t last, const ActivationsView& x, std::int64_t tokens, float* y,
                     std::int64_t yStride);

    /// out[q · outStride + p] = scale · Σ_i queries[q · queryStride + i] · cells[p, i], or added to what stands there.
    void (*scores)(const float* queries, std::int64_t queryStride, std::int64_t n, const Cells& cells, std::int64_t positions,
                   std::int64_t width, float scale, bool add, float* out, std::int64_t outStride);
    /// out[q · outStride + i] += Σ_p weights[q · weightStride + p] · cells[p, i], p in order.
    void (*mix)(const float* weights, std::int64_t weightStride, std::int64_t n, const Cells& cells, std::int64_t positions,
                std::int64_t width, float* out, std::int64_t outStride);
    /// Stores a row of `width` values as cells of `type`; I8: *scale = largest absolute value / 127.
    void (*keep)(const float* row, std::int64_t width, DType type, std::byte* cells, float* scale);
    /// Reads a row of cells.
    void (*read)(const std::byte* cells, DType type, float scale, std::int64_t width, float* out);

    /// x = e^(x − largest) in place; returns their sum, which is 0 only for n = 0.
    float (*exponentials)(float* x, std::int64_t n, float* largest);
    /// x = x · factor, in place.
    void (*scale)(float* x, float factor, std::int64_t n);
    /// to = to · keep + from · take.
    void (*blend)(float* to, float keep, const float* from, float take, std::int64_t n);
    /// out = x / rms(x) · weight.
    void (*rmsNorm)(const float* x, const float* weight, float eps, std::int64_t n, float* out);
    /// out = (x − mean) / deviation · weight + bias; bias may be null.
    void (*layerNorm)(const float* x, const float* weight, const float* bias, float eps, std::int64_t n, float* out);
    /// out = silu(gate) · up. May be in place in either.
    void (*swiglu)(const float* gate, const float* up, std::int64_t n, float* out);
    /// The exact form by erf (|error| ≤ 3e-7), in place.
    void (*gelu)(float* x, std::int64_t n);
    /// GPT-2's approximation by tanh, in place.
    void (*geluTanh)(float* x, std::int64_t n);
    /// to += from.
    void (*add)(float* to, const float* from, std::int64_t n);
    /// Turns pairs (i, i + half) of x, or (2i, 2i + 1) where interleaved, by cos and sin [half], in place.
    void (*rotate)(float* x, const float* cos, const float* sin, std::int64_t half, bool interleaved);
    /// Σ x².
    float (*squares)(const float* x, std::int64_t n);
};

/// The fastest set that this processor runs.
[[nodiscard]] const Kernels& kernels();
/// All sets that this processor runs, the fastest first; the last is the portable one. For tests and benchmarks.
[[nodiscard]] std::span<const Kernels* const> availableKernels();

}  // namespace loom::decode
