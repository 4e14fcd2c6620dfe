// SPDX-License-Identifier: GPL-3.0-or-later
// Packing and unpacking of weights, and quantising of activations.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/data/bf16.h"
#include "core/engine/decode/kernels.h"
#include "core/engine/decode/simd/products.h"
#include "core/engine/decode/simd/quantised.h"
#include "core/engine/decode/simd/vector.h"

namespace loom::decode {
namespace {

/// Below it, values count as zero where they are quantised: their scale would be no normal number.
constexpr float kSmallest = 1e-35F;

using Bytes = std::int8_t __attribute__((vector_size(kLanes)));

/// The bits of the largest absolute value. Compared as whole numbers, so that a NaN is the largest of all.
LOOM_INLINE std::int32_t largestBits(const float* x, std::int64_t n) {
    I best{};
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        const I bits = loadInts(x + i) & 0x7FFFFFFF;
        best = bits > best ? bits : best;
    }
    if (i < n) {
        const I bits = bitsOf(loadSome(x + i, n - i)) & 0x7FFFFFFF;
        best = bits > best ? bits : best;
    }
    std::int32_t all = 0;
    for (int lane = 0; lane < kLanes; ++lane) all = best[lane] > all ? best[lane] : all;
    return all;
}

/// Scale and its inverse for steps in [−127, 127]. Zeros and almost zeros: both 0. Not finite: scale NaN, inverse 0.
struct StepScale {
    float scale;
    float inverse;
};
LOOM_INLINE StepScale stepScale(const float* x, std::int64_t n) {
    const std::int32_t bits = largestBits(x, n);
    if (bits >= 0x7F800000) return {__builtin_nanf(""), 0.0F};
    const float largest = __builtin_bit_cast(float, bits);
    if (largest < kSmallest) return {0.0F, 0.0F};
    return {largest / 127.0F, 127.0F / largest};
}

/// The nearest whole number to x · inverse; 0 where that is no number.
LOOM_INLINE std::int32_t stepOf(float x, float inverse) {
    if (inverse == 0.0F) return 0;
    return __builtin_bit_cast(std::int32_t, x * inverse + kRounder) - kRounderBits;
}

void quantise(const float* x, std::int64_t columns, std::int8_t* steps, float* scales, std::int32_t* sums) {
    for (std::int64_t c = 0, g = 0; c < columns; c += kGroup, ++g) {
        alignas(64) float values[kGroup] = {};
        const bool whole = columns - c >= kGroup;
        if (!whole) __builtin_memcpy(values, x + c, static_cast<std::size_t>(columns - c) * sizeof(float));
        const float* from = whole ? x + c : values;
        const StepScale scale = stepScale(from, kGroup);
        I sum{};
        for (std::int64_t i = 0; i < kGroup; i += kLanes) {
            I whole32 = bitsOf(load(from + i) * scale.inverse + kRounder) - kRounderBits;
            if (scale.inverse == 0.0F) whole32 = I{};  // what is not finite gives no number here
            sum += whole32;
            const Bytes bytes = __builtin_convertvector(whole32, Bytes);
            __builtin_memcpy(steps + g * kGroup + i, &bytes, sizeof bytes);
        }
        std::int32_t total = 0;
        for (int lane = 0; lane < kLanes; ++lane) total += sum[lane];
        scales[g] = scale.scale;
        sums[g] = total;
    }
}

/// Where row r of a column of bf16 lies, in elements.
LOOM_INLINE std::int64_t bf16Place(std::int64_t row) {
    const std::int64_t pair = row / (2 * kLanes);
    const std::int64_t in = row % (2 * kLanes);
    return pair * 2 * kLanes + (in % kLanes) * 2 + in / kLanes;
}
LOOM_INLINE std::int64_t int8Place(std::int64_t row, std::int64_t column) { return (column / 4 * kPanel + row) * 4 + column % 4; }
/// Byte in which column c of a group lies; columns 16 … 31 in the upper half.
LOOM_INLINE std::int64_t int4Place(std::int64_t row, std::int64_t column) { return int8Place(row, column % 16); }

/// In whole steps −8 … 7.
LOOM_INLINE F clippedSteps(F unit, float division) {
    return larger(fill(-8.0F), smaller(fill(7.0F), (unit * division + kRounder) - kRounder));
}

/// What becomes of the largest weight: −8 or 7, a little inside, or clipped. Finer divisions gain 1 % of the squared error.
constexpr float kDivisions[8] = {-8.8F, -8.2F, -7.6F, -7.0F, 7.0F, 7.6F, 8.2F, 8.8F};

/// A scale for 32 weights in whole steps −8 … 7, and the steps: of a few divisions of the range the one with the least squared error, its
/// scale fitted to its steps. Steps are returned + 8.
LOOM_INLINE float halfByteSteps(const float* w, std::int8_t* steps) {
    constexpr int kVectors = static_cast<int>(kGroup) / kLanes;
    const float extreme = __builtin_bit_cast(float, largestBits(w, kGroup));
    const bool zero = extreme < kSmallest;
    const float inverse = zero ? 0.0F : 1.0F / extreme;
    F unit[kVectors];
    for (int v = 0; v < kVectors; ++v) unit[v] = load(w + v * kLanes) * inverse;
    alignas(16) float totals[8][2];  // Σ unit · step, Σ step²
#pragma GCC unroll 4
    for (int d = 0; d < 8; d += 2) {
        F along[2] = {};
        F squared[2] = {};
        for (int k = 0; k < 2; ++k) {
            for (int v = 0; v < kVectors; ++v) {
                const F step = clippedSteps(unit[v], kDivisions[d + k]);
                along[k] = fma(unit[v], step, along[k]);
                squared[k] = fma(step, step, squared[k]);
            }
        }
        sums(along[0], squared[0], along[1], squared[1], totals[d]);
    }
    int best = 0;
    float bestGain = -1;
    for (int d = 0; d < 8; ++d) {
        const float gain = totals[d][0] * totals[d][0] / totals[d][1];  // the squared error is Σ unit² less this
        best = gain > bestGain ? d : best;
        bestGain = gain > bestGain ? gain : bestGain;
    }
    for (int v = 0; v < kVectors; ++v) {
        const I whole = bitsOf(clippedSteps(unit[v], kDivisions[best]) + (kRounder + 8.0F)) - kRounderBits;
        const Bytes bytes = __builtin_convertvector(whole, Bytes);
        __builtin_memcpy(steps + v * kLanes, &bytes, sizeof bytes);
    }
    return zero ? 0.0F : totals[best][0] / totals[best][1] * extreme;
}

inline void packInt8(const float* source, std::int64_t columns, std::byte* data, float* scales) {
    for (std::int64_t r = 0; r < kPanel; ++r) {
        const float* row = source + r * columns;
        const StepScale scale = stepScale(row, columns);
        scales[r] = scale.scale;
        for (std::int64_t c = 0; c < paddedColumns(columns); c += 4) {
            std::int8_t four[4] = {};
            for (std::int64_t i = 0; i < 4 && c + i < columns; ++i) four[i] = static_cast<std::int8_t>(stepOf(row[c + i], scale.inverse));
            std::uint32_t bits;
            __builtin_memcpy(&bits, four, sizeof bits);
            bits ^= kWeightFlip;
            __builtin_memcpy(data + int8Place(r, c), &bits, sizeof bits);
        }
    }
}

inline void packInt4(const float* source, std::int64_t columns, std::byte* data, float* scales) {
    for (std::int64_t c = 0, g = 0; c < columns; c += kGroup, ++g) {
        std::byte* group = data + g * kInt4Group;
        for (std::int64_t r = 0; r < kPanel; ++r) {
            alignas(64) float w[kGroup] = {};
            alignas(64) std::int8_t steps[kGroup];
            alignas(16) std::int8_t both[kGroup / 2];
            __builtin_memcpy(w, source + r * columns + c, static_cast<std::size_t>(least(kGroup, columns - c)) * sizeof(float));
            scales[g * kPanel + r] = halfByteSteps(w, steps);
            for (int i = 0; i < 16; ++i) both[i] = static_cast<std::int8_t>(steps[i] | (steps[i + 16] << 4));
            for (int i = 0; i < 16; i += 4) __builtin_memcpy(group + int4Place(r, i), both + i, 4);
        }
    }
}

void pack(Precision precision, const float* source, std::int64_t columns, std::byte* data, float* scales) {
    if (precision == Precision::Int8) return packInt8(source, columns, data, scales);
    if (precision == Precision::Int4) return packInt4(source, columns, data, scales);
    for (std::int64_t begin = 0; begin < paddedColumns(columns); begin += kGroup) {  // a part of each row at a time
        for (std::int64_t r = 0; r < kPanel; ++r) {
            for (std::int64_t c = begin; c < begin + kGroup; ++c) {
                const float value = c < columns ? source[r * columns + c] : 0.0F;
                if (precision == Precision::F32) {
                    __builtin_memcpy(data + (c * kPanel + r) * 4, &value, sizeof value);
                } else {
                    const std::uint16_t half = toBf16(value);
                    __builtin_memcpy(data + (c * kPanel + bf16Place(r)) * 2, &half, sizeof half);
                }
            }
        }
    }
}

void unpackRow(const PackedView& w, std::int64_t row, float* out) {
    const std::int64_t panel = row / kPanel;
    const std::int64_t r = row % kPanel;
    const std::int64_t padded = paddedColumns(w.columns);
    for (std::int64_t c = 0; c < w.columns; ++c) {
        const std::int64_t column = panel * padded + c;
        if (w.precision == Precision::F32) {
            __builtin_memcpy(out + c, w.data + (column * kPanel + r) * 4, sizeof(float));
        } else if (w.precision == Precision::Bf16) {
            std::uint16_t half;
            __builtin_memcpy(&half, w.data + (column * kPanel + bf16Place(r)) * 2, sizeof half);
            out[c] = fromBf16(half);
        } else if (w.precision == Precision::Int8) {
            const auto bits = static_cast<std::uint8_t>(w.data[panel * padded * kPanel + int8Place(r, c)]);
            out[c] = static_cast<float>(static_cast<std::int8_t>(bits ^ (kWeightFlip & 0xFFU))) * w.scales[panel * kPanel + r];
        } else {
            const std::int64_t group = column / kGroup;
            const auto bits = static_cast<std::uint8_t>(w.data[group * kInt4Group + int4Place(r, c % kGroup)]);
            const int step = (c % kGroup < 16 ? bits & 0xF : bits >> 4) - 8;
            out[c] = static_cast<float>(step) * w.scales[group * kPanel + r];
        }
    }
}

}  // namespace
}  // namespace loom::decode
