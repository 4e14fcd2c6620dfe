// SPDX-License-Identifier: GPL-3.0-or-later
// Attention's products with cached cells, and reading and writing of cells.
//
// A score is summed in the lanes of one vector along the width, then by a fixed tree; a mixed value in the order of positions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/data/bf16.h"
#include "core/engine/decode/kernels.h"
#include "core/engine/decode/simd/half.h"
#include "core/engine/decode/simd/packing.h"
#include "core/engine/decode/simd/products.h"
#include "core/engine/decode/simd/vector.h"

namespace loom::decode {
namespace {

template <DType kType>
constexpr std::int64_t kCellBytes = kType == DType::F32  ? 4
                                    : kType == DType::I8 ? 1
                                                         : 2;
/// Bytes of cells that stay in the fastest cache while the queries pass by.
constexpr std::int64_t kCellBlock = 16384;
constexpr std::int64_t kMostPositions = 256;  ///< of such a block

template <DType kType>
LOOM_INLINE F cells(const std::byte* from) {
    if constexpr (kType == DType::F32) return load(reinterpret_cast<const float*>(from));
    if constexpr (kType == DType::BF16) return widenBf16(reinterpret_cast<const std::uint16_t*>(from));
    if constexpr (kType == DType::F16) return widenF16(reinterpret_cast<const std::uint16_t*>(from));
    if constexpr (kType == DType::I8) return widenI8(reinterpret_cast<const std::int8_t*>(from));
}
/// The first n < kLanes, zeros behind them.
template <DType kType>
LOOM_INLINE F someCells(const std::byte* from, std::int64_t n) {
    alignas(64) std::byte whole[kLanes * kCellBytes<kType>] = {};
    __builtin_memcpy(whole, from, static_cast<std::size_t>(n * kCellBytes<kType>));
    return cells<kType>(whole);
}

struct ScoreTask {
    const float* queries;
    std::int64_t queryStride;
    const std::byte* cells;
    std::int64_t cellStride;  ///< bytes
    const float* cellScales;  ///< null: all 1
    std::int64_t scaleStride;
    std::int64_t width;
    float scale;
    bool add;
    float* out;
    std::int64_t outStride;
};

/// Q queries times P positions from position p on.
template <DType kType, int Q, int P>
LOOM_INLINE void scoreTile(const ScoreTask& task, std::int64_t q0, std::int64_t p0) {
    const float* queries = task.queries + q0 * task.queryStride;
    const std::byte* rows = task.cells + p0 * task.cellStride;
    F acc[Q * P] = {};
    std::int64_t i = 0;
    for (; i + kLanes <= task.width; i += kLanes) {
        F row[P];
#pragma GCC unroll 8
        for (int p = 0; p < P; ++p) row[p] = cells<kType>(rows + p * task.cellStride + i * kCellBytes<kType>);
#pragma GCC unroll 8
        for (int q = 0; q < Q; ++q) {
            const F query = load(queries + q * task.queryStride + i);
#pragma GCC unroll 8
            for (int p = 0; p < P; ++p) acc[q * P + p] = fma(query, row[p], acc[q * P + p]);
        }
    }
    if (i < task.width) {
#pragma GCC unroll 8
        for (int p = 0; p < P; ++p) {
            const F row = someCells<kType>(rows + p * task.cellStride + i * kCellBytes<kType>, task.width - i);
#pragma GCC unroll 8
            for (int q = 0; q < Q; ++q) {
                acc[q * P + p] = fma(loadSome(queries + q * task.queryStride + i, task.width - i), row, acc[q * P + p]);
            }
        }
    }
    constexpr int kCount = Q * P;
    constexpr int kRounded = (kCount + 3) / 4 * 4;
    alignas(16) float total[kRounded];
#pragma GCC unroll 8
    for (int k = 0; k < kRounded; k += 4) {
        sums(acc[k], acc[k + 1 < kCount ? k + 1 : k], acc[k + 2 < kCount ? k + 2 : k], acc[k + 3 < kCount ? k + 3 : k], total + k);
    }
    for (int p = 0; p < P; ++p) {
        const float factor = kType == DType::I8 ? task.cellScales[(p0 + p) * task.scaleStride] * task.scale : task.scale;
        for (int q = 0; q < Q; ++q) {
            float& out = task.out[(q0 + q) * task.outStride + p0 + p];
            const float score = total[q * P + p] * factor;
            out = task.add ? out + score : score;
        }
    }
}

/// Q queries times positions [first, last), P at a time.
template <DType kType, int Q, int P>
void scoreRows(const ScoreTask& task, std::int64_t q, std::int64_t first, std::int64_t last) {
    std::int64_t p = first;
    for (; p + P <= last; p += P) scoreTile<kType, Q, P>(task, q, p);
    for (; p < last; ++p) scoreTile<kType, Q, 1>(task, q, p);
}

LOOM_INLINE std::int64_t positionsOfBlock(std::int64_t width, std::int64_t bytes) {
    const std::int64_t fit = kCellBlock / (width * bytes > 0 ? width * bytes : 1) / 12 * 12;
    return fit < 12 ? 12 : fit > kMostPositions ? kMostPositions / 12 * 12 : fit;
}

template <DType kType>
void scoresOf(const ScoreTask& task, std::int64_t n, std::int64_t positions) {
    constexpr int kAll = kTileQueries * kTilePositions;
    const std::int64_t block = positionsOfBlock(task.width, kCellBytes<kType>);
    for (std::int64_t first = 0; first < positions; first += block) {
        const std::int64_t last = least(positions, first + block);
        std::int64_t q = 0;
        for (; q + kTileQueries <= n; q += kTileQueries) scoreRows<kType, kTileQueries, kTilePositions>(task, q, first, last);
        if (n - q == 3) scoreRows<kType, 3, kAll / 3>(task, q, first, last);
        if (n - q == 2) scoreRows<kType, 2, 4>(task, q, first, last);
        if (n - q == 1) scoreRows<kType, 1, 8>(task, q, first, last);
    }
}

void scores(const float* queries, std::int64_t queryStride, std::int64_t n, const Cells& c, std::int64_t positions, std::int64_t width,
            float scale, bool add, float* out, std::int64_t outStride) {
    const ScoreTask task{queries, queryStride, c.data, 0, c.scales, c.scaleStride, width, scale, add, out, outStride};
    const auto of = [&](std::int64_t bytes) {
        ScoreTask sized = task;
        sized.cellStride = c.stride * bytes;
        return sized;
    };
    if (c.type == DType::F32) return scoresOf<DType::F32>(of(4), n, positions);
    if (c.type == DType::BF16) return scoresOf<DType::BF16>(of(2), n, positions);
    if (c.type == DType::F16) return scoresOf<DType::F16>(of(2), n, positions);
    scoresOf<DType::I8>(of(1), n, positions);
}

/// Q queries times V vectors of a row (or what is left of one vector: `some` > 0 values), over `positions` positions.
template <DType kType, int Q, int V, bool kSome = false>
LOOM_INLINE void mixTile(const float* weights, std::int64_t weightStride, const std::byte* rows, std::int64_t rowStride,
                         std::int64_t positions, float* out, std::int64_t outStride, std::int64_t some = 0) {
    F acc[Q][V];
#pragma GCC unroll 8
    for (int q = 0; q < Q; ++q) {
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
            const float* from = out + q * outStride + v * kLanes;
            acc[q][v] = kSome ? loadSome(from, some) : load(from);
        }
    }
    for (std::int64_t p = 0; p < positions; ++p) {
        F row[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
            const std::byte* from = rows + p * rowStride + v * kLanes * kCellBytes<kType>;
            row[v] = kSome ? someCells<kType>(from, some) : cells<kType>(from);
        }
#pragma GCC unroll 8
        for (int q = 0; q < Q; ++q) {
            const F weight = fill(weights[q * weightStride + p]);
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) acc[q][v] = fma(weight, row[v], acc[q][v]);
        }
    }
#pragma GCC unroll 8
    for (int q = 0; q < Q; ++q) {
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
            float* to = out + q * outStride + v * kLanes;
            if (kSome) {
                storeSome(to, acc[q][v], some);
            } else {
                store(to, acc[q][v]);
            }
        }
    }
}

/// Q queries, the whole width of a block of positions.
template <DType kType, int Q, int V>
void mixRows(const float* weights, std::int64_t weightStride, const std::byte* rows, std::int64_t rowStride, std::int64_t positions,
             std::int64_t width, float* out, std::int64_t outStride) {
    std::int64_t i = 0;
    for (; i + V * kLanes <= width; i += V * kLanes) {
        mixTile<kType, Q, V>(weights, weightStride, rows + i * kCellBytes<kType>, rowStride, positions, out + i, outStride);
    }
    for (; i + kLanes <= width; i += kLanes) {
        mixTile<kType, Q, 1>(weights, weightStride, rows + i * kCellBytes<kType>, rowStride, positions, out + i, outStride);
    }
    if (i < width) {
        mixTile<kType, Q, 1, true>(weights, weightStride, rows + i * kCellBytes<kType>, rowStride, positions, out + i, outStride,
                                   width - i);
    }
}

template <DType kType>
void mixOf(const float* weights, std::int64_t weightStride, std::int64_t n, const Cells& c, std::int64_t positions, std::int64_t width,
           float* out, std::int64_t outStride) {
    const std::int64_t block = positionsOfBlock(width, kCellBytes<kType>);
    const std::int64_t rowStride = c.stride * kCellBytes<kType>;
    alignas(64) float scaled[kTileQueries * kMostPositions];
    for (std::int64_t first = 0; first < positions; first += block) {
        const std::int64_t count = least(block, positions - first);
        const std::byte* rows = c.data + first * rowStride;
        for (std::int64_t q = 0; q < n; q += kTileQueries) {
            const std::int64_t some = least(kTileQueries, n - q);
            const float* w = weights + q * weightStride + first;
            std::int64_t wStride = weightStride;
            if constexpr (kType == DType::I8) {
                for (std::int64_t k = 0; k < some; ++k) {
                    for (std::int64_t p = 0; p < count; ++p) {
                        scaled[k * kMostPositions + p] = w[k * weightStride + p] * c.scales[(first + p) * c.scaleStride];
                    }
                }
                w = scaled;
                wStride = kMostPositions;
            }
            float* to = out + q * outStride;
            constexpr int V = kTilePositions;
            if (some == kTileQueries) mixRows<kType, kTileQueries, V>(w, wStride, rows, rowStride, count, width, to, outStride);
            if (some == 3) mixRows<kType, 3, V>(w, wStride, rows, rowStride, count, width, to, outStride);
            if (some == 2) mixRows<kType, 2, 4>(w, wStride, rows, rowStride, count, width, to, outStride);
            if (some == 1) mixRows<kType, 1, 8>(w, wStride, rows, rowStride, count, width, to, outStride);
        }
    }
}

void mix(const float* weights, std::int64_t weightStride, std::int64_t n, const Cells& c, std::int64_t positions, std::int64_t width,
         float* out, std::int64_t outStride) {
    if (c.type == DType::F32) return mixOf<DType::F32>(weights, weightStride, n, c, positions, width, out, outStride);
    if (c.type == DType::BF16) return mixOf<DType::BF16>(weights, weightStride, n, c, positions, width, out, outStride);
    if (c.type == DType::F16) return mixOf<DType::F16>(weights, weightStride, n, c, positions, width, out, outStride);
    mixOf<DType::I8>(weights, weightStride, n, c, positions, width, out, outStride);
}

}  // namespace
}  // namespace loom::decode
