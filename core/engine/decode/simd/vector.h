// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors of the instruction set for which a file is compiled: what all sets of kernels share, above vector_x86.h, vector_neon.h
// and vector_portable.h.
//
// Everything here has internal linkage and is inlined: these headers are compiled once per instruction set, and a copy that one of
// them emits must not be the one that another calls. For the same reason the kernels call nothing of the standard library.
#pragma once

#include <cstddef>
#include <cstdint>

#define LOOM_INLINE [[gnu::always_inline]] inline

namespace loom::decode {
namespace {

// LOOM_PORTABLE: plain C++ whatever the compiler may use.
#if defined(__AVX512F__) && !defined(LOOM_PORTABLE)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__) && !defined(LOOM_PORTABLE)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif
/// Values in a vector.
constexpr int kLanes = kVectorBytes / 4;

using F = float __attribute__((vector_size(kVectorBytes)));
using I = std::int32_t __attribute__((vector_size(kVectorBytes)));

LOOM_INLINE F load(const float* from) {
    F v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}
LOOM_INLINE void store(float* to, F v) { __builtin_memcpy(to, &v, sizeof v); }
LOOM_INLINE I loadInts(const void* from) {
    I v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}
/// The first n < kLanes values, zeros behind them.
LOOM_INLINE F loadSome(const float* from, std::int64_t n) {
    F v{};
    __builtin_memcpy(&v, from, static_cast<std::size_t>(n) * sizeof(float));
    return v;
}
LOOM_INLINE void storeSome(float* to, F v, std::int64_t n) { __builtin_memcpy(to, &v, static_cast<std::size_t>(n) * sizeof(float)); }

LOOM_INLINE I bitsOf(F v) { return reinterpret_cast<I>(v); }
LOOM_INLINE F fromBits(I v) { return reinterpret_cast<F>(v); }
LOOM_INLINE F toFloat(I v) { return __builtin_convertvector(v, F); }

}  // namespace
}  // namespace loom::decode

#if defined(LOOM_PORTABLE) || !(defined(__AVX2__) || defined(__ARM_NEON))
#include "core/engine/decode/simd/vector_portable.h"
#elif defined(__AVX2__)
#include "core/engine/decode/simd/vector_x86.h"
#else
#include "core/engine/decode/simd/vector_neon.h"
#endif

namespace loom::decode {
namespace {

/// The larger; b where one of them is no number.
LOOM_INLINE F larger(F a, F b) { return a > b ? a : b; }
/// The smaller; b where one of them is no number.
LOOM_INLINE F smaller(F a, F b) { return a < b ? a : b; }
LOOM_INLINE F absolute(F v) { return fromBits(bitsOf(v) & 0x7FFFFFFF); }

/// Two bf16 rows that lie in the halves of each lane: packed matrices hold row j in the lower and row j + kLanes in the upper half.
LOOM_INLINE F lowerBf16(I v) { return fromBits(v << 16); }
LOOM_INLINE F upperBf16(I v) { return fromBits(v & static_cast<std::int32_t>(0xFFFF0000U)); }

/// Lanes added in a fixed tree.
LOOM_INLINE float sum(F v) {
    float out[4];
    sums(v, v, v, v, out);
    return out[0];
}
LOOM_INLINE float largestLane(F v) {
    float best = v[0];
    for (int lane = 1; lane < kLanes; ++lane) best = v[lane] > best ? v[lane] : best;
    return best;
}

/// Adding it to a value below 2²² leaves the nearest whole number in the lowest bits (ties to even).
constexpr float kRounder = 12582912.0F;  // 1.5 · 2²³
constexpr std::int32_t kRounderBits = 0x4B400000;

/// e^x for x ≤ 88 (larger x count as 88); 0 below −87. Relative error below 3e-7: Taylor's polynomial of degree 7 on [−ln2/2, ln2/2], and
/// a shift of the exponent. NaN stays NaN.
LOOM_INLINE F exponential(F x) {
    const F clamped = larger(fill(-87.0F), smaller(fill(88.0F), x));
    const F shifted = fma(clamped, fill(1.44269504F), fill(kRounder));
    const F whole = shifted - kRounder;
    F rest = fma(whole, fill(-0.693359375F), clamped);  // ln 2 in two parts, the first exact in products with small whole numbers
    rest = fma(whole, fill(2.12194440e-4F), rest);
    F p = fill(1.0F / 5040.0F);
    p = fma(p, rest, fill(1.0F / 720.0F));
    p = fma(p, rest, fill(1.0F / 120.0F));
    p = fma(p, rest, fill(1.0F / 24.0F));
    p = fma(p, rest, fill(1.0F / 6.0F));
    p = fma(p, rest, fill(0.5F));
    p = fma(p, rest, fill(1.0F));
    p = fma(p, rest, fill(1.0F));
    const F scale = fromBits((bitsOf(shifted) + 127) << 23);
    return x < -87.0F ? fill(0.0F) : p * scale;
}

}  // namespace
}  // namespace loom::decode
