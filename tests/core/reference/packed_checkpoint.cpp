// SPDX-License-Identifier: GPL-3.0-or-later
// A checkpoint as the fast path packs it.
#include "tests/core/reference/packed_checkpoint.h"

#include <cstring>

#include "core/data/absorption.h"
#include "core/data/bf16.h"
#include "core/engine/decode/packed_matrix.h"

namespace loom::test {
namespace {

using Matrix = std::vector<float>;

/// Rows × columns through a packed matrix and back.
Matrix roundTrip(const Matrix& values, std::int64_t rows, std::int64_t columns, Precision precision) {
    MemoryAccount account;
    HostAllocator allocator(account);
    const auto fill = [&](std::int64_t row, float* out) { std::copy_n(values.begin() + row * columns, columns, out); };
    const decode::PackedMatrix packed(rows, columns, precision, fill, allocator, decode::kernels());
    Matrix back(values.size());
    for (std::int64_t row = 0; row < rows; ++row) packed.unpackRow(row, back.data() + row * columns);
    return back;
}

Matrix transposed(const Matrix& values, std::int64_t rows, std::int64_t columns) {
    Matrix out(values.size());
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < columns; ++c)
            out[static_cast<std::size_t>(c * rows + r)] = values[static_cast<std::size_t>(r * columns + c)];
    }
    return out;
}

/// Every `period` rows the first `keys` are packed as columns, each period for itself.
Matrix absorbed(const Matrix& values, std::int64_t rows, std::int64_t columns, std::int64_t period, std::int64_t keys,
                Precision precision) {
    Matrix out = roundTrip(values, rows, columns, precision);
    for (std::int64_t first = 0; first < rows; first += period) {
        const auto begin = values.begin() + first * columns;
        const Matrix part(begin, begin + keys * columns);
        const Matrix packed = transposed(roundTrip(transposed(part, keys, columns), columns, keys, precision), columns, keys);
        std::copy(packed.begin(), packed.end(), out.begin() + first * columns);
    }
    return out;
}

}  // namespace

Checkpoint packedCheckpoint(const Checkpoint& checkpoint, Precision precision, MlaPath path) {
    const AttentionConfig& a = checkpoint.config.attention;
    const bool absorbs = path == MlaPath::Absorbed && !absorbObstacle(checkpoint.config);
    Checkpoint result = checkpoint;
    auto memory = std::make_shared<std::vector<Matrix>>();
    memory->reserve(checkpoint.tensors.size());
    for (auto& [name, view] : result.tensors) {
        if (view.shape.size() != 2 || name == "model.embed_positions.weight" || name.ends_with(".mlp.gate.weight")) continue;
        const std::int64_t rows = view.shape[0];
        const std::int64_t columns = view.shape[1];
        Matrix& values = memory->emplace_back(view.data.size() / sizeof(float));
        std::memcpy(values.data(), view.data.data(), view.data.size());
        if (name == "model.embed_tokens.weight" && !checkpoint.config.tieEmbeddings) {
            for (float& value : values) value = precision == Precision::F32 ? value : fromBf16(toBf16(value));
        } else if (absorbs && name.ends_with(".kv_b_proj.weight")) {
            values = absorbed(values, rows, columns, a.qkNopeHeadDim + a.vHeadDim, a.qkNopeHeadDim, precision);
        } else if (absorbs && name.ends_with(".k_up_proj.weight")) {
            values = absorbed(values, rows, columns, a.headDim, a.headDim, precision);
        } else {
            values = roundTrip(values, rows, columns, precision);
        }
        view.data = std::as_bytes(std::span(values));
    }
    result.storage = std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(checkpoint.storage, memory);
    return result;
}

}  // namespace loom::test
