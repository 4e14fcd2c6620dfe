// SPDX-License-Identifier: GPL-3.0-or-later
// PackedMatrix: a weight matrix in the order in which kernels read it.
#pragma once

#include <cstdint>
#include <functional>

#include "core/engine/decode/kernels.h"
#include "core/engine/memory/buffer.h"

namespace loom::decode {

/// Rounded up to panels of rows.
[[nodiscard]] inline std::int64_t wholePanels(std::int64_t rows) { return (rows + kPanel - 1) / kPanel * kPanel; }

class PackedMatrix {
public:
    PackedMatrix() = default;
    /// Packs row by row: `fill(row, out)` writes the `columns` values of a row as f32. Throws Error where memory is short or a weight is no
    /// finite number (Int8 and Int4 only). Memory counts as MemoryKind::Weights.
    PackedMatrix(std::int64_t rows, std::int64_t columns, Precision precision, const std::function<void(std::int64_t, float*)>& fill,
                 BufferAllocator& allocator, const Kernels& kernels);

    [[nodiscard]] const PackedView& view() const { return m_view; }
    [[nodiscard]] std::int64_t rows() const { return m_view.rows; }
    [[nodiscard]] std::int64_t columns() const { return m_view.columns; }
    [[nodiscard]] bool empty() const { return m_view.rows == 0; }
    /// Reads one row back as f32 (quantised values times their scales): the embedding of a token where it shares the head's matrix.
    void unpackRow(std::int64_t row, float* out) const;
    /// Bytes taken.
    [[nodiscard]] std::int64_t bytes() const { return m_data.bytes() + m_scales.bytes(); }

    /// What a matrix of that shape takes, before any is made.
    [[nodiscard]] static std::int64_t bytesFor(std::int64_t rows, std::int64_t columns, Precision precision);

private:
    PackedView m_view;
    const Kernels* m_kernels = nullptr;
    Buffer m_data;
    Buffer m_scales;
};

/// Room for activations, quantised where the precision wants it.
class Activations {
public:
    /// Makes room for the most tokens and the most columns that were ever asked for, together. Grows only; what was prepared is lost where
    /// it grows. Not thread-safe. Throws Error where memory is short. Memory counts as MemoryKind::Activations.
    void reserve(std::int64_t tokens, std::int64_t columns, BufferAllocator& allocator);
    /// Makes row t ready: `columns` values at x + t · stride, where x is the first row. For F32 and Bf16 nothing is to be done, and x must
    /// stay where it is. Different rows may be prepared by different threads.
    void prepare(const Kernels& kernels, Precision precision, const float* x, std::int64_t stride, std::int64_t columns, std::int64_t t);
    /// All rows, for products with a matrix of the same `columns`; x as in prepare.
    [[nodiscard]] ActivationsView view(const float* x, std::int64_t stride, std::int64_t columns) const;
    /// Bytes taken.
    [[nodiscard]] std::int64_t bytes() const { return m_memory.bytes(); }

private:
    /// 32 steps, a scale and a sum.
    static constexpr std::int64_t kBytesOfGroup = kGroup + 8;
    // Written through a view too: what is pointed to belongs to the buffer.
    [[nodiscard]] std::int8_t* steps() const { return reinterpret_cast<std::int8_t*>(m_data); }
    [[nodiscard]] float* scales() const { return reinterpret_cast<float*>(m_data + m_tokens * m_groups * kGroup); }
    [[nodiscard]] std::int32_t* sums() const { return reinterpret_cast<std::int32_t*>(m_data + m_tokens * m_groups * (kGroup + 4)); }

    Buffer m_memory;  // steps, scales, sums
    std::byte* m_data = nullptr;
    std::int64_t m_tokens = 0;
    std::int64_t m_groups = 0;
};

}  // namespace loom::decode
