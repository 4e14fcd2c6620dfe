// SPDX-License-Identifier: GPL-3.0-or-later
// Writing and reading of rows of a cache.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/data/bf16.h"
#include "core/engine/decode/simd/attention.h"
#include "core/engine/decode/simd/half.h"
#include "core/engine/decode/simd/packing.h"
#include "core/engine/decode/simd/vector.h"

namespace loom::decode {
namespace {

void keep(const float* row, std::int64_t width, DType type, std::byte* cells, float* scale) {
    if (type == DType::F32) {
        __builtin_memcpy(cells, row, static_cast<std::size_t>(width) * sizeof(float));
    } else if (type == DType::I8) {
        const StepScale steps = stepScale(row, width);
        *scale = steps.scale;
        for (std::int64_t i = 0; i < width; ++i) cells[i] = static_cast<std::byte>(stepOf(row[i], steps.inverse));
    } else {
        for (std::int64_t i = 0; i < width; ++i) {
            const std::uint16_t half = type == DType::BF16 ? toBf16(row[i]) : narrowHalf(row[i]);
            __builtin_memcpy(cells + i * 2, &half, sizeof half);
        }
    }
}

template <DType kType>
void readCells(const std::byte* from, float scale, std::int64_t width, float* out) {
    const auto value = [scale](F v) { return kType == DType::I8 ? v * scale : v; };
    std::int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) store(out + i, value(cells<kType>(from + i * kCellBytes<kType>)));
    if (i < width) storeSome(out + i, value(someCells<kType>(from + i * kCellBytes<kType>, width - i)), width - i);
}

void read(const std::byte* cells, DType type, float scale, std::int64_t width, float* out) {
    if (type == DType::F32) return readCells<DType::F32>(cells, scale, width, out);
    if (type == DType::BF16) return readCells<DType::BF16>(cells, scale, width, out);
    if (type == DType::F16) return readCells<DType::F16>(cells, scale, width, out);
    readCells<DType::I8>(cells, scale, width, out);
}

}  // namespace
}  // namespace loom::decode
