// SPDX-License-Identifier: GPL-3.0-or-later
// Past: what attention keeps, in the buffers of a KvCache.
#include "core/lab/model/past.h"

#include <ATen/ops/abs.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/round.h>

#include <string>

#include "core/data/error.h"

namespace loom::lab {
namespace {

constexpr double kLargestInt8 = 127.0;

/// One lane of one layer over the cache's own memory: [capacity, width].
Tensor cells(KvCache& cache, LayerIndex layer, std::size_t lane, const at::Device& device) {
    const auto type = at::TensorOptions().dtype(cellType(cache.spec().dtype)).device(device);
    return at::from_blob(cache.lane(layer, lane), {cache.capacity(), cache.spec().lanes[lane].width}, type);
}

/// The scales of its rows: [capacity, 1].
Tensor scales(KvCache& cache, LayerIndex layer, std::size_t lane, const at::Device& device) {
    const auto type = at::TensorOptions().dtype(at::kFloat).device(device);
    return at::from_blob(cache.scales(layer, lane), {cache.capacity(), 1}, type);
}

}  // namespace

at::ScalarType cellType(DType dtype) {
    switch (dtype) {
        case DType::F64: return at::kDouble;
        case DType::F32: return at::kFloat;
        case DType::BF16: return at::kBFloat16;
        case DType::F16: return at::kHalf;
        case DType::I8: return at::kChar;
        default: break;
    }
    throw Error{"A cache cannot keep " + std::string(name(dtype)), {}, "Choose f32, bf16, f16 or int8"};
}

void writeRows(KvCache& cache, LayerIndex layer, std::size_t lane, std::int64_t first, const Tensor& rows) {
    const Tensor to = cells(cache, layer, lane, rows.device()).narrow(0, first, rows.size(0));
    if (cache.spec().dtype != DType::I8) {
        to.copy_(rows);
        return;
    }
    const Tensor scale = (at::amax(at::abs(rows), 1, /*keepdim=*/true) / kLargestInt8).to(at::kFloat);  // [n, 1]
    scales(cache, layer, lane, rows.device()).narrow(0, first, rows.size(0)).copy_(scale);
    const Tensor steps = at::round(rows / scale.to(rows.scalar_type()).masked_fill(scale == 0, 1.0));  // a row of zeros stays one
    to.copy_(steps.clamp(-kLargestInt8, kLargestInt8));
}

Tensor readRows(KvCache& cache, LayerIndex layer, std::size_t lane, std::int64_t first, std::int64_t count, const at::TensorOptions& type) {
    const Tensor kept = cells(cache, layer, lane, type.device()).narrow(0, first, count).to(type);  // [count, width]
    if (cache.spec().dtype != DType::I8) return kept;
    return kept * scales(cache, layer, lane, type.device()).narrow(0, first, count).to(type);
}

Tensor CachedPast::keep(LayerIndex layer, std::size_t lane, const Tensor& rows) {
    const std::int64_t T = rows.size(1);
    writeRows(m_cache, layer, lane, length(), rows.squeeze(0));                   // [T, width]
    return readRows(m_cache, layer, lane, 0, length() + T, m_type).unsqueeze(0);  // [1, S, width]
}

}  // namespace loom::lab
