// SPDX-License-Identifier: GPL-3.0-or-later
// RotationTable: angles in f64, rounded once.
#include "core/engine/decode/rotation.h"

#include <cmath>
#include <utility>

namespace loom::decode {

RotationTable::RotationTable(const ModelConfig& config) {
    if (config.positions != Positions::Rotary) return;
    m_frequencies = ropeFrequencies(config, 1);
    m_half = static_cast<std::int64_t>(m_frequencies.inverse.size());
    m_interleaved = config.attention.ropeLayout == RopeLayout::Interleaved;
}

void RotationTable::reserve(std::int64_t positions, BufferAllocator& allocator) {
    if (m_half == 0 || positions <= m_positions) return;
    const std::int64_t bytes = positions * m_half * static_cast<std::int64_t>(sizeof(float));
    Floats cosines{allocator.allocate(MemoryKind::Activations, bytes)};
    Floats sines{allocator.allocate(MemoryKind::Activations, bytes)};
    for (std::int64_t p = 0; p < positions; ++p) {
        for (std::int64_t i = 0; i < m_half; ++i) {
            const double angle = static_cast<double>(p) * m_frequencies.inverse[static_cast<std::size_t>(i)];
            cosines.data()[p * m_half + i] = static_cast<float>(std::cos(angle) * m_frequencies.magnitude);
            sines.data()[p * m_half + i] = static_cast<float>(std::sin(angle) * m_frequencies.magnitude);
        }
    }
    m_cos = std::move(cosines);
    m_sin = std::move(sines);
    m_positions = positions;
}

}  // namespace loom::decode
