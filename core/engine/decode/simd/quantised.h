// SPDX-License-Identifier: GPL-3.0-or-later
// Products with int8 and int4 weights.
//
// The products of a group are summed exactly in i32; float(sum) times the group's scales is then added in the order of the groups.
#pragma once

#include "core/engine/decode/kernels.h"
#include "core/engine/decode/simd/products.h"
#include "core/engine/decode/simd/vector.h"

namespace loom::decode {
namespace {

/// Bytes of a group of a panel.
constexpr std::int64_t kInt8Group = kPanel * kGroup;
constexpr std::int64_t kInt4Group = kPanel * kGroup / 2;

LOOM_INLINE I fourSteps(const std::int8_t* steps) {
    std::int32_t four;
    __builtin_memcpy(&four, steps, sizeof four);
    return fillInts(four);
}

/// Quantised activations of a few tokens.
struct Steps {
    const std::int8_t* steps;
    const float* scales;
    const std::int32_t* sums;
    std::int64_t groups;  ///< of a token
};

/// The exact sums of group g: P panels times T tokens.
template <bool kInt4, int P, int T>
LOOM_INLINE void groupSums(const std::byte* w, std::int64_t panel, const Steps& x, std::int64_t g, I (&sum)[P][T][kPanelVectors]) {
    for (int p = 0; p < P; ++p) {
        for (int t = 0; t < T; ++t) {
            const I start = kInt4 ? nibbleStart() : dotStart(x.sums[t * x.groups + g]);
            for (int v = 0; v < kPanelVectors; ++v) sum[p][t][v] = start;
        }
    }
    constexpr int kColumnSteps = kInt4 ? 4 : 8;
#pragma GCC unroll 8
    for (int s = 0; s < kColumnSteps; ++s) {
        I low[T];
        I high[T];
        for (int t = 0; t < T; ++t) {
            const std::int8_t* at = x.steps + (t * x.groups + g) * kGroup + 4 * s;
            low[t] = fourSteps(at);
            if constexpr (kInt4) high[t] = fourSteps(at + 16);
        }
        for (int p = 0; p < P; ++p) {
            const std::byte* column = w + p * panel + s * kPanel * 4;
            for (int v = 0; v < kPanelVectors; ++v) {
                const I rows = loadInts(column + v * kVectorBytes);
                for (int t = 0; t < T; ++t) {
                    if constexpr (kInt4) {
                        sum[p][t][v] = nibbleDot(sum[p][t][v], rows, low[t], high[t]);
                    } else {
                        sum[p][t][v] = dot(sum[p][t][v], rows, low[t]);
                    }
                }
            }
        }
    }
    if constexpr (kInt4) {
        for (int p = 0; p < P; ++p) {
            for (int t = 0; t < T; ++t) {
                for (int v = 0; v < kPanelVectors; ++v) sum[p][t][v] = nibbleEnd(sum[p][t][v], x.sums[t * x.groups + g]);
            }
        }
    }
}

/// P whole panels times T tokens; results to out[(p · T + t) · 32].
template <bool kInt4, int P, int T>
void quantisedPanels(const std::byte* w, const float* scales, const Steps& x, float* out) {
    constexpr std::int64_t kBytes = kInt4 ? kInt4Group : kInt8Group;
    const std::int64_t panel = x.groups * kBytes;
    F acc[P][T][kPanelVectors] = {};
    for (std::int64_t g = 0; g < x.groups; ++g) {
        I sum[P][T][kPanelVectors];
        groupSums<kInt4, P, T>(w + g * kBytes, panel, x, g, sum);
        for (int t = 0; t < T; ++t) {
            const F scale = fill(x.scales[t * x.groups + g]);
            for (int p = 0; p < P; ++p) {
                for (int v = 0; v < kPanelVectors; ++v) {
                    F factor = scale;
                    if constexpr (kInt4) factor = scale * load(scales + (p * x.groups + g) * kPanel + v * kLanes);
                    acc[p][t][v] = fma(toFloat(sum[p][t][v]), factor, acc[p][t][v]);
                }
            }
        }
    }
    for (int p = 0; p < P; ++p) {
        for (int t = 0; t < T; ++t) {
            for (int v = 0; v < kPanelVectors; ++v) {
                F result = acc[p][t][v];
                if constexpr (!kInt4) result = result * load(scales + p * kPanel + v * kLanes);
                store(out + (p * T + t) * kPanel + v * kLanes, result);
            }
        }
    }
}

/// T tokens, for all panels of the range, and what is left of `tokens` by smaller T.
template <bool kInt4, int P, int T>
void quantisedTokens(const PackedView& w, std::int64_t panel, const ActivationsView& x, std::int64_t tokens, float* y,
                     std::int64_t yStride) {
    const std::int64_t groups = (w.columns + kGroup - 1) / kGroup;
    const std::byte* data = w.data + panel * groups * (kInt4 ? kInt4Group : kInt8Group);
    const float* scales = w.scales + panel * kPanel * (kInt4 ? groups : 1);
    alignas(64) float out[P * T * kPanel];
    std::int64_t t = 0;
    for (; t + T <= tokens; t += T) {
        quantisedPanels<kInt4, P, T>(data, scales, {x.steps + t * groups * kGroup, x.scales + t * groups, x.sums + t * groups, groups},
                                     out);
        for (int p = 0; p < P; ++p) {
            copyOut(out + p * T * kPanel, T, rowsOf(w, panel + p), y + t * yStride + (panel + p) * kPanel, yStride);
        }
    }
    if constexpr (T > 1) {
        if (t == tokens) return;
        const ActivationsView rest{nullptr, 0, x.steps + t * groups * kGroup, x.scales + t * groups, x.sums + t * groups};
        quantisedTokens<kInt4, P, T / 2>(w, panel, rest, tokens - t, y + t * yStride, yStride);
    }
}

template <bool kInt4>
void multiplyQuantised(const PackedView& w, std::int64_t first, std::int64_t last, const ActivationsView& x, std::int64_t tokens, float* y,
                       std::int64_t yStride) {
    std::int64_t panel = first;
    if (tokens == 1) {
        constexpr int P = kPanelVectors >= 4 ? 1 : 4 / kPanelVectors;
        for (; panel + P <= last; panel += P) quantisedTokens<kInt4, P, 1>(w, panel, x, tokens, y, yStride);
    }
    for (; panel < last; ++panel) quantisedTokens<kInt4, 1, kQuantisedTokens>(w, panel, x, tokens, y, yStride);
}

void multiply(const PackedView& w, std::int64_t first, std::int64_t last, const ActivationsView& x, std::int64_t tokens, float* y,
              std::int64_t yStride) {
    switch (w.precision) {
        case Precision::F32: return multiplyFloat<false>(w, first, last, x, tokens, y, yStride);
        case Precision::Bf16: return multiplyFloat<true>(w, first, last, x, tokens, y, yStride);
        case Precision::Int8: return multiplyQuantised<false>(w, first, last, x, tokens, y, yStride);
        case Precision::Int4: return multiplyQuantised<true>(w, first, last, x, tokens, y, yStride);
    }
}

}  // namespace
}  // namespace loom::decode
