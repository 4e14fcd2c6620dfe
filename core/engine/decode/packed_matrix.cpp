// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/decode/packed_matrix.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/data/error.h"

namespace loom::decode {

namespace {

std::int64_t roundedUp(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

/// Bytes of the packed weights of `panels` panels.
std::int64_t dataBytes(std::int64_t panels, std::int64_t columns, Precision precision) {
    const std::int64_t cells = panels * kPanel * roundedUp(columns, kGroup);
    switch (precision) {
        case Precision::F32: return cells * 4;
        case Precision::Bf16: return cells * 2;
        case Precision::Int8: return cells;
        case Precision::Int4: return cells / 2;
    }
    return 0;
}
std::int64_t scaleCount(std::int64_t panels, std::int64_t columns, Precision precision) {
    if (precision == Precision::Int8) return panels * kPanel;
    return precision == Precision::Int4 ? panels * kPanel * (roundedUp(columns, kGroup) / kGroup) : 0;
}

void expectFinite(const float* values, std::int64_t columns, std::int64_t row) {
    for (std::int64_t c = 0; c < columns; ++c) {
        if (!std::isfinite(values[c])) {
            throw Error{"A weight is no finite number", "row " + std::to_string(row) + ", column " + std::to_string(c),
                        "Use f32 or bf16 for this model, or repair its checkpoint"};
        }
    }
}

}  // namespace

PackedMatrix::PackedMatrix(std::int64_t rows, std::int64_t columns, Precision precision,
                           const std::function<void(std::int64_t, float*)>& fill, BufferAllocator& allocator, const Kernels& kernels)
    : m_kernels(&kernels) {
    if (rows < 0 || columns < 0)
        throw Error{"A matrix of a negative size was asked for", std::to_string(rows) + " × " + std::to_string(columns), {}};
    m_view.precision = precision;
    m_view.rows = rows;
    m_view.columns = columns;
    const std::int64_t panels = m_view.panels();
    m_data = allocator.allocate(MemoryKind::Weights, dataBytes(panels, columns, precision));
    const std::int64_t scales = scaleCount(panels, columns, precision);
    if (scales > 0) m_scales = allocator.allocate(MemoryKind::Weights, scales * static_cast<std::int64_t>(sizeof(float)));
    auto* scaleData = reinterpret_cast<float*>(m_scales.data());
    const std::int64_t panelBytes = dataBytes(1, columns, precision);
    const std::int64_t panelScales = scaleCount(1, columns, precision);
    const bool quantised = precision == Precision::Int8 || precision == Precision::Int4;
    std::vector<float> source(static_cast<std::size_t>(kPanel * columns));
    for (std::int64_t panel = 0; panel < panels; ++panel) {
        const std::int64_t count = std::min(kPanel, rows - panel * kPanel);
        for (std::int64_t r = 0; r < count; ++r) {
            float* row = source.data() + r * columns;
            fill(panel * kPanel + r, row);
            if (quantised) expectFinite(row, columns, panel * kPanel + r);
        }
        std::fill(source.begin() + count * columns, source.end(), 0.0F);
        kernels.pack(precision, source.data(), columns, m_data.data() + panel * panelBytes,
                     scales > 0 ? scaleData + panel * panelScales : nullptr);
    }
    m_view.data = m_data.data();
    m_view.scales = scaleData;
}

void PackedMatrix::unpackRow(std::int64_t row, float* out) const { m_kernels->unpackRow(m_view, row, out); }

std::int64_t PackedMatrix::bytesFor(std::int64_t rows, std::int64_t columns, Precision precision) {
    const std::int64_t panels = roundedUp(rows, kPanel) / kPanel;
    return dataBytes(panels, columns, precision) + scaleCount(panels, columns, precision) * static_cast<std::int64_t>(sizeof(float));
}

void Activations::reserve(std::int64_t tokens, std::int64_t columns, BufferAllocator& allocator) {
    const std::int64_t rows = std::max(tokens, m_tokens);
    const std::int64_t groups = std::max(roundedUp(columns, kGroup) / kGroup, m_groups);
    if (rows == m_tokens && groups == m_groups) return;
    m_memory = allocator.allocate(MemoryKind::Activations, rows * groups * kBytesOfGroup);
    m_data = m_memory.data();
    m_tokens = rows;
    m_groups = groups;
}

void Activations::prepare(const Kernels& kernels, Precision precision, const float* x, std::int64_t stride, std::int64_t columns,
                          std::int64_t t) {
    if (precision == Precision::F32 || precision == Precision::Bf16) return;
    const std::int64_t groups = roundedUp(columns, kGroup) / kGroup;
    kernels.quantise(x + t * stride, columns, steps() + t * groups * kGroup, scales() + t * groups, sums() + t * groups);
}

ActivationsView Activations::view(const float* x, std::int64_t stride, std::int64_t) const {
    if (m_data == nullptr) return {.values = x, .stride = stride};
    return {.values = x, .stride = stride, .steps = steps(), .scales = scales(), .sums = sums()};
}

}  // namespace loom::decode
