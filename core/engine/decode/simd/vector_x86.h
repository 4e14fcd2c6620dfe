// SPDX-License-Identifier: GPL-3.0-or-later
// Vector operations of x86-64: AVX2, AVX-512, and the dot products of VNNI where the compiler may use them.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace loom::decode {
namespace {

#if defined(__AVX512F__)
using Bits = __m512i;
#define LOOM_X86(name) _mm512_##name
constexpr int kTileVectors = 2;  ///< of rows, in a tile of a product with many tokens
constexpr int kTileTokens = 12;
constexpr int kTileQueries = 4;  ///< in a tile of attention's products
constexpr int kTilePositions = 6;
constexpr int kQuantisedTokens = 4;
#else
using Bits = __m256i;
#define LOOM_X86(name) _mm256_##name
constexpr int kTileVectors = 2;
constexpr int kTileTokens = 6;
constexpr int kTileQueries = 4;
constexpr int kTilePositions = 3;
constexpr int kQuantisedTokens = 2;
#endif
#if defined(__AVX512VNNI__)
#define LOOM_DOT(sums, u, s) _mm512_dpbusd_epi32(sums, u, s)
#elif defined(__AVXVNNI__)
#define LOOM_DOT(sums, u, s) _mm256_dpbusd_avx_epi32(sums, u, s)
#endif

LOOM_INLINE F fill(float x) { return LOOM_X86(set1_ps)(x); }
LOOM_INLINE I fillInts(std::int32_t x) { return reinterpret_cast<I>(LOOM_X86(set1_epi32)(x)); }
/// a · b + c, rounded once.
LOOM_INLINE F fma(F a, F b, F c) { return LOOM_X86(fmadd_ps)(a, b, c); }

LOOM_INLINE F widenBf16(const std::uint16_t* from) {
#if defined(__AVX512F__)
    const Bits wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#else
    const Bits wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#endif
    return fromBits(reinterpret_cast<I>(wide) << 16);
}
LOOM_INLINE F widenF16(const std::uint16_t* from) {
#if defined(__AVX512F__)
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#else
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#endif
}
LOOM_INLINE F widenI8(const std::int8_t* from) {
#if defined(__AVX512F__)
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#else
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
#endif
}

/// The sums of the lanes of four vectors: in each quarter (0 + 1) + (2 + 3), then the quarters from the outside in.
LOOM_INLINE void sums(F a, F b, F c, F d, float* out) {
#if defined(__AVX512F__)
    const auto halved = [](__m512 v) __attribute__((always_inline)) {
        return _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    };
    const __m256 e = halved(a);
    const __m256 f = halved(b);
    const __m256 g = halved(c);
    const __m256 h = halved(d);
#else
    const __m256 e = a;
    const __m256 f = b;
    const __m256 g = c;
    const __m256 h = d;
#endif
    const __m256 all = _mm256_hadd_ps(_mm256_hadd_ps(e, f), _mm256_hadd_ps(g, h));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
}

/// Sums stay in registers, one step after the other: left to itself, the compiler puts off all additions of a group to its end.
LOOM_INLINE I inOrder(I sums) {
    asm("" : "+v"(sums));
    return sums;
}
LOOM_INLINE Bits nibbleMask() { return LOOM_X86(set1_epi8)(0x0F); }

#if defined(LOOM_DOT)
// u8 · s8 → i32: weights are stored + 128 (int8) and + 8 (int4), and the sum of the activations makes up for it.
constexpr std::uint32_t kWeightFlip = 0x80808080U;  ///< what int8 weights are stored xor-ed with, each of four bytes

/// Int8 products of a group: start, add four columns of each row (w: four bytes a lane, x the same in every lane), all sums exact.
LOOM_INLINE I dotStart(std::int32_t groupSum) { return fillInts(-128 * groupSum); }
LOOM_INLINE I dot(I sums, I w, I x) {
    return reinterpret_cast<I>(LOOM_DOT(reinterpret_cast<Bits>(sums), reinterpret_cast<Bits>(w), reinterpret_cast<Bits>(x)));
}
/// Int4 products of a group: w holds columns c … c + 3 in the lower and c + 16 … c + 19 in the upper halves of its bytes, each + 8.
LOOM_INLINE I nibbleStart() { return I{}; }
LOOM_INLINE I nibbleDot(I sums, I w, I low, I high) {
    const auto packed = reinterpret_cast<Bits>(w);
    const Bits lower = packed & nibbleMask();
    const Bits upper = LOOM_X86(srli_epi16)(packed, 4) & nibbleMask();
    const Bits half = LOOM_DOT(reinterpret_cast<Bits>(sums), lower, reinterpret_cast<Bits>(low));
    return reinterpret_cast<I>(LOOM_DOT(half, upper, reinterpret_cast<Bits>(high)));
}
LOOM_INLINE I nibbleEnd(I sums, std::int32_t groupSum) { return sums - 8 * groupSum; }
#else
constexpr std::uint32_t kWeightFlip = 0;

/// u8 · s8 in pairs as i16, without saturation for values within ±127: |x| · (w with the sign of x).
LOOM_INLINE Bits pairProducts(Bits w, Bits x) {
#if defined(__AVX512F__)
    const Bits turned = _mm512_mask_sub_epi8(w, _mm512_movepi8_mask(x), _mm512_setzero_si512(), w);
    return _mm512_maddubs_epi16(_mm512_abs_epi8(x), turned);
#else
    return _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(w, x));
#endif
}
LOOM_INLINE Bits addPairs(Bits shorts) { return LOOM_X86(madd_epi16)(shorts, LOOM_X86(set1_epi16)(1)); }

LOOM_INLINE I dotStart(std::int32_t) { return I{}; }
LOOM_INLINE I dot(I sums, I w, I x) {
    return inOrder(sums + reinterpret_cast<I>(addPairs(pairProducts(reinterpret_cast<Bits>(w), reinterpret_cast<Bits>(x)))));
}
LOOM_INLINE I nibbleStart() { return I{}; }
/// Sums in i16: eight products in each half lane of at most 2 · 15 · 127 stay below 32,768.
LOOM_INLINE I nibbleDot(I sums, I w, I low, I high) {
    const auto packed = reinterpret_cast<Bits>(w);
    const Bits lower = packed & nibbleMask();
    const Bits upper = LOOM_X86(srli_epi16)(packed, 4) & nibbleMask();
    const Bits both = LOOM_X86(add_epi16)(LOOM_X86(maddubs_epi16)(lower, reinterpret_cast<Bits>(low)),
                                          LOOM_X86(maddubs_epi16)(upper, reinterpret_cast<Bits>(high)));
    return inOrder(reinterpret_cast<I>(LOOM_X86(add_epi16)(reinterpret_cast<Bits>(sums), both)));
}
LOOM_INLINE I nibbleEnd(I sums, std::int32_t groupSum) {
    return reinterpret_cast<I>(addPairs(reinterpret_cast<Bits>(sums))) - 8 * groupSum;
}
#endif

}  // namespace
}  // namespace loom::decode
