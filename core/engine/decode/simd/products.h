// SPDX-License-Identifier: GPL-3.0-or-later
// Products with f32 and bf16 weights.
//
// A result is one accumulator to which w[row, c] · x[c] is added in the order of c, whatever is computed beside it.
#pragma once

#include "core/engine/decode/kernels.h"
#include "core/engine/decode/simd/vector.h"

namespace loom::decode {
namespace {

constexpr int kPanelVectors = static_cast<int>(kPanel) / kLanes;
/// Panels side by side in a product with one token: enough independent sums to hide the latency of fma.
constexpr int kSidePanels = kPanelVectors >= 8 ? 1 : 8 / kPanelVectors;
/// Columns of a panel that stay near while tokens pass by. Longer than the fastest cache would like: beginning a tile costs more.
constexpr std::int64_t kBlock = 512;
/// Tokens, and panels, whose blocks of columns stay in the second cache together.
constexpr std::int64_t kPass = 192;
constexpr std::int64_t kPassPanels = 4;

LOOM_INLINE std::int64_t paddedColumns(std::int64_t columns) { return (columns + kGroup - 1) / kGroup * kGroup; }
LOOM_INLINE std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

/// Where a panel's results go: y, or for the last panel with fewer than 32 rows a place from which copyOut takes those that exist.
struct PanelOut {
    float* y;
    std::int64_t stride;
};
LOOM_INLINE std::int64_t rowsOf(const PackedView& w, std::int64_t panel) { return least(kPanel, w.rows - panel * kPanel); }

LOOM_INLINE void copyOut(const float* from, std::int64_t tokens, std::int64_t rows, float* y, std::int64_t yStride) {
    for (std::int64_t t = 0; t < tokens; ++t) {
        for (std::int64_t r = 0; r < rows; ++r) y[t * yStride + r] = from[t * kPanel + r];
    }
}

/// P whole panels times T tokens, straight from packed memory: `panel` bytes between panels; results to out[(p · T + t) · 32].
template <bool kBf16, int P, int T>
void straight(const std::byte* w, std::int64_t panel, const float* x, std::int64_t xStride, std::int64_t columns, float* out) {
    F acc[P][T][kPanelVectors] = {};
    for (std::int64_t c = 0; c < columns; ++c) {
        F xs[T];
        for (int t = 0; t < T; ++t) xs[t] = fill(x[t * xStride + c]);
#pragma GCC unroll 8
        for (int p = 0; p < P; ++p) {
            if constexpr (kBf16) {
                const std::byte* column = w + p * panel + c * kPanel * 2;
#pragma GCC unroll 8
                for (int v = 0; v < kPanelVectors; v += 2) {
                    const I pair = loadInts(column + v / 2 * kVectorBytes);
                    for (int t = 0; t < T; ++t) {
                        acc[p][t][v] = fma(lowerBf16(pair), xs[t], acc[p][t][v]);
                        acc[p][t][v + 1] = fma(upperBf16(pair), xs[t], acc[p][t][v + 1]);
                    }
                }
            } else {
                const auto* column = reinterpret_cast<const float*>(w + p * panel) + c * kPanel;
#pragma GCC unroll 8
                for (int v = 0; v < kPanelVectors; ++v) {
                    const F row = load(column + v * kLanes);
                    for (int t = 0; t < T; ++t) acc[p][t][v] = fma(row, xs[t], acc[p][t][v]);
                }
            }
        }
    }
    for (int p = 0; p < P; ++p) {
        for (int t = 0; t < T; ++t) {
            for (int v = 0; v < kPanelVectors; ++v) store(out + (p * T + t) * kPanel + v * kLanes, acc[p][t][v]);
        }
    }
}

template <bool kBf16, int T>
void multiplyStraight(const PackedView& w, std::int64_t first, std::int64_t last, const ActivationsView& x, float* y,
                      std::int64_t yStride) {
    constexpr int P = kSidePanels >= T ? kSidePanels / T : 1;
    const std::int64_t bytes = paddedColumns(w.columns) * kPanel * (kBf16 ? 2 : 4);
    alignas(64) float out[P * T * kPanel];
    for (std::int64_t panel = first; panel < last;) {
        const bool several = panel + P <= last;
        const std::int64_t count = several ? P : 1;
        const std::byte* data = w.data + panel * bytes;
        if (several) {
            straight<kBf16, P, T>(data, bytes, x.values, x.stride, w.columns, out);
        } else {
            straight<kBf16, 1, T>(data, bytes, x.values, x.stride, w.columns, out);
        }
        for (std::int64_t p = 0; p < count; ++p, ++panel) copyOut(out + p * T * kPanel, T, rowsOf(w, panel), y + panel * kPanel, yStride);
    }
}

/// kTileVectors vectors of rows times T tokens over `columns` columns, added to what stands in y unless `fresh`.
template <int T>
void tile(const float* w, const float* x, std::int64_t xStride, std::int64_t columns, bool fresh, float* y, std::int64_t yStride) {
    F acc[T][kTileVectors];
#pragma GCC unroll 12
    for (int t = 0; t < T; ++t) {
        for (int v = 0; v < kTileVectors; ++v) acc[t][v] = fresh ? F{} : load(y + t * yStride + v * kLanes);
    }
    for (std::int64_t c = 0; c < columns; ++c) {
        F rows[kTileVectors];
        for (int v = 0; v < kTileVectors; ++v) rows[v] = load(w + c * kPanel + v * kLanes);
#pragma GCC unroll 12
        for (int t = 0; t < T; ++t) {
            const F value = fill(x[t * xStride + c]);
            for (int v = 0; v < kTileVectors; ++v) acc[t][v] = fma(rows[v], value, acc[t][v]);
        }
    }
#pragma GCC unroll 12
    for (int t = 0; t < T; ++t) {
        for (int v = 0; v < kTileVectors; ++v) store(y + t * yStride + v * kLanes, acc[t][v]);
    }
}

/// The tile of as many tokens as there are left, T at most.
template <int T>
void tileOf(std::int64_t tokens, const float* w, const float* x, std::int64_t xStride, std::int64_t columns, bool fresh, float* y,
            std::int64_t yStride) {
    if constexpr (T > 1) {
        if (tokens < T) return tileOf<T - 1>(tokens, w, x, xStride, columns, fresh, y, yStride);
    }
    tile<T>(w, x, xStride, columns, fresh, y, yStride);
}

/// A block of a panel times many tokens; w is f32 [columns][32 rows].
inline void multiplyBlock(const float* w, const float* x, std::int64_t xStride, std::int64_t tokens, std::int64_t columns, bool fresh,
                          PanelOut out) {
    for (int v = 0; v < kPanelVectors; v += kTileVectors) {
        for (std::int64_t t = 0; t < tokens; t += kTileTokens) {
            tileOf<kTileTokens>(tokens - t, w + v * kLanes, x + t * xStride, xStride, columns, fresh, out.y + t * out.stride + v * kLanes,
                                out.stride);
        }
    }
}

/// Widens columns of a packed bf16 panel to f32 [columns][32 rows].
LOOM_INLINE void widenColumns(const std::byte* packed, std::int64_t columns, float* out) {
    for (std::int64_t i = 0; i < columns * kPanel; i += 2 * kLanes) {
        const I pair = loadInts(packed + i * 2);
        store(out + i, lowerBf16(pair));
        store(out + i + kLanes, upperBf16(pair));
    }
}

/// Up to kPassPanels panels times up to kPass tokens.
template <bool kBf16>
void multiplyPass(const PackedView& w, std::int64_t first, std::int64_t last, const float* x, std::int64_t xStride, std::int64_t tokens,
                  float* y, std::int64_t yStride) {
    const std::int64_t bytes = paddedColumns(w.columns) * kPanel * (kBf16 ? 2 : 4);
    alignas(64) float widened[kBf16 ? kBlock * kPanel : 1];
    alignas(64) float part[kPass * kPanel];  // results of a panel with fewer rows
    for (std::int64_t c = 0; c < w.columns; c += kBlock) {
        const std::int64_t columns = least(kBlock, w.columns - c);
        for (std::int64_t panel = first; panel < last; ++panel) {
            const float* block;
            if constexpr (kBf16) {
                widenColumns(w.data + panel * bytes + c * kPanel * 2, columns, widened);
                block = widened;
            } else {
                block = reinterpret_cast<const float*>(w.data + panel * bytes) + c * kPanel;
            }
            const bool whole = rowsOf(w, panel) == kPanel;
            multiplyBlock(block, x + c, xStride, tokens, columns, c == 0,
                          whole ? PanelOut{y + panel * kPanel, yStride} : PanelOut{part, kPanel});
        }
    }
    if (rowsOf(w, last - 1) < kPanel) copyOut(part, tokens, rowsOf(w, last - 1), y + (last - 1) * kPanel, yStride);
}

template <bool kBf16>
void multiplyTiled(const PackedView& w, std::int64_t first, std::int64_t last, const ActivationsView& x, std::int64_t tokens, float* y,
                   std::int64_t yStride) {
    for (std::int64_t panel = first; panel < last; panel += kPassPanels) {
        for (std::int64_t t = 0; t < tokens; t += kPass) {
            multiplyPass<kBf16>(w, panel, least(last, panel + kPassPanels), x.values + t * x.stride, x.stride, least(kPass, tokens - t),
                                y + t * yStride, yStride);
        }
    }
}

template <bool kBf16>
void multiplyFloat(const PackedView& w, std::int64_t first, std::int64_t last, const ActivationsView& x, std::int64_t tokens, float* y,
                   std::int64_t yStride) {
    if (tokens == 1) return multiplyStraight<kBf16, 1>(w, first, last, x, y, yStride);
    if (tokens == 2) return multiplyStraight<kBf16, 2>(w, first, last, x, y, yStride);
    multiplyTiled<kBf16>(w, first, last, x, tokens, y, yStride);
}

}  // namespace
}  // namespace loom::decode
