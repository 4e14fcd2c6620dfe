// SPDX-License-Identifier: GPL-3.0-or-later
// Vector operations of 64-bit ARM: NEON, and its dot products where the compiler may use them.
#pragma once

#include <arm_neon.h>

#include <cstdint>

namespace loom::decode {
namespace {

constexpr std::uint32_t kWeightFlip = 0;  ///< what int8 weights are stored xor-ed with, each of four bytes
constexpr int kTileVectors = 4;           ///< of rows, in a tile of a product with many tokens
constexpr int kTileTokens = 6;
constexpr int kTileQueries = 4;  ///< in a tile of attention's products
constexpr int kTilePositions = 6;
constexpr int kQuantisedTokens = 2;

LOOM_INLINE F fill(float x) { return reinterpret_cast<F>(vdupq_n_f32(x)); }
LOOM_INLINE I fillInts(std::int32_t x) { return reinterpret_cast<I>(vdupq_n_s32(x)); }
/// a · b + c, rounded once.
LOOM_INLINE F fma(F a, F b, F c) {
    return reinterpret_cast<F>(
        vfmaq_f32(reinterpret_cast<float32x4_t>(c), reinterpret_cast<float32x4_t>(a), reinterpret_cast<float32x4_t>(b)));
}

LOOM_INLINE F widenBf16(const std::uint16_t* from) { return reinterpret_cast<F>(vshll_n_u16(vld1_u16(from), 16)); }
LOOM_INLINE F widenF16(const std::uint16_t* from) { return reinterpret_cast<F>(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from)))); }
LOOM_INLINE F widenI8(const std::int8_t* from) {
    std::int32_t four;
    __builtin_memcpy(&four, from, sizeof four);
    const int16x8_t wide = vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)));
    return reinterpret_cast<F>(vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide))));
}

/// The sums of the lanes of four vectors, each (0 + 1) + (2 + 3).
LOOM_INLINE void sums(F a, F b, F c, F d, float* out) {
    const auto pairs = [](F u, F v) __attribute__((always_inline)) {
        return vpaddq_f32(reinterpret_cast<float32x4_t>(u), reinterpret_cast<float32x4_t>(v));
    };
    vst1q_f32(out, vpaddq_f32(pairs(a, b), pairs(c, d)));
}

LOOM_INLINE int32x4_t dotBytes(int32x4_t sums, int8x16_t w, int8x16_t x) {
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sums, w, x);
#else
    return vpadalq_s16(sums, vpaddq_s16(vmull_s8(vget_low_s8(w), vget_low_s8(x)), vmull_high_s8(w, x)));
#endif
}

/// Int8 products of a group: start, add four columns of each row (w: four bytes a lane, x the same in every lane), all sums exact.
LOOM_INLINE I dotStart(std::int32_t) { return I{}; }
LOOM_INLINE I dot(I sums, I w, I x) {
    return reinterpret_cast<I>(dotBytes(reinterpret_cast<int32x4_t>(sums), reinterpret_cast<int8x16_t>(w), reinterpret_cast<int8x16_t>(x)));
}
/// Int4 products of a group: w holds columns c … c + 3 in the lower and c + 16 … c + 19 in the upper halves of its bytes, each + 8.
LOOM_INLINE I nibbleStart() { return I{}; }
LOOM_INLINE I nibbleDot(I sums, I w, I low, I high) {
    const auto packed = reinterpret_cast<uint8x16_t>(w);
    const int8x16_t lower = vreinterpretq_s8_u8(vandq_u8(packed, vdupq_n_u8(0x0F)));
    const int8x16_t upper = vreinterpretq_s8_u8(vshrq_n_u8(packed, 4));
    const int32x4_t half = dotBytes(reinterpret_cast<int32x4_t>(sums), lower, reinterpret_cast<int8x16_t>(low));
    return reinterpret_cast<I>(dotBytes(half, upper, reinterpret_cast<int8x16_t>(high)));
}
LOOM_INLINE I nibbleEnd(I sums, std::int32_t groupSum) { return sums - 8 * groupSum; }

}  // namespace
}  // namespace loom::decode
