// SPDX-License-Identifier: GPL-3.0-or-later
// Vector operations in plain C++, for every processor.
#pragma once

#include <cstdint>

#include "core/engine/decode/simd/half.h"

namespace loom::decode {
namespace {

constexpr std::uint32_t kWeightFlip = 0;  ///< what int8 weights are stored xor-ed with, each of four bytes
constexpr int kTileVectors = 2;           ///< of rows, in a tile of a product with many tokens
constexpr int kTileTokens = 6;
constexpr int kTileQueries = 4;  ///< in a tile of attention's products
constexpr int kTilePositions = 3;
constexpr int kQuantisedTokens = 1;

LOOM_INLINE F fill(float x) { return F{x, x, x, x}; }
LOOM_INLINE I fillInts(std::int32_t x) { return I{x, x, x, x}; }
/// a · b + c. Rounded twice: without an instruction for it, a single rounding costs a call.
LOOM_INLINE F fma(F a, F b, F c) { return a * b + c; }

LOOM_INLINE F widenBf16(const std::uint16_t* from) { return fromBits(I{from[0], from[1], from[2], from[3]} << 16); }
LOOM_INLINE F widenF16(const std::uint16_t* from) {
    return F{widenHalf(from[0]), widenHalf(from[1]), widenHalf(from[2]), widenHalf(from[3])};
}
LOOM_INLINE F widenI8(const std::int8_t* from) { return toFloat(I{from[0], from[1], from[2], from[3]}); }

/// The sums of the lanes of four vectors, each (0 + 1) + (2 + 3).
LOOM_INLINE void sums(F a, F b, F c, F d, float* out) {
    out[0] = (a[0] + a[1]) + (a[2] + a[3]);
    out[1] = (b[0] + b[1]) + (b[2] + b[3]);
    out[2] = (c[0] + c[1]) + (c[2] + c[3]);
    out[3] = (d[0] + d[1]) + (d[2] + d[3]);
}

using Shorts = std::int16_t __attribute__((vector_size(kVectorBytes)));

/// Σ of pairs of neighbouring bytes' products, as i16. Even and odd bytes apart; which of them is which does not matter.
LOOM_INLINE Shorts pairProducts(I w, I x) {
    const auto ws = reinterpret_cast<Shorts>(w);
    const auto xs = reinterpret_cast<Shorts>(x);
    return ((ws << 8) >> 8) * ((xs << 8) >> 8) + (ws >> 8) * (xs >> 8);
}
LOOM_INLINE I addPairs(Shorts v) {
    const auto pairs = reinterpret_cast<I>(v);
    return ((pairs << 16) >> 16) + (pairs >> 16);
}

/// Int8 products of a group: start, add four columns of each row (w: four bytes a lane, x the same in every lane), all sums exact.
LOOM_INLINE I dotStart(std::int32_t) { return I{}; }
LOOM_INLINE I dot(I sums, I w, I x) { return sums + addPairs(pairProducts(w, x)); }

/// Int4 products of a group: w holds columns c … c + 3 in the lower and c + 16 … c + 19 in the upper halves of its bytes, each + 8.
LOOM_INLINE I nibbleStart() { return I{}; }
LOOM_INLINE I nibbleDot(I sums, I w, I low, I high) {
    // Eight steps of at most 4 · 15 · 127 in i16 would overflow: each step becomes i32.
    const I lower = w & 0x0F0F0F0F;
    const I upper = (w >> 4) & 0x0F0F0F0F;
    return sums + addPairs(pairProducts(lower, low) + pairProducts(upper, high));
}
LOOM_INLINE I nibbleEnd(I sums, std::int32_t groupSum) { return sums - 8 * groupSum; }

}  // namespace
}  // namespace loom::decode
