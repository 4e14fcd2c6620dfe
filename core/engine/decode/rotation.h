// SPDX-License-Identifier: GPL-3.0-or-later
// RotationTable: sines and cosines of every position that a text can have.
#pragma once

#include <cstdint>

#include "core/data/model_config.h"
#include "core/engine/decode/decode_weights.h"

namespace loom::decode {

class RotationTable {
public:
    /// Nothing to rotate where positions are not rotary.
    explicit RotationTable(const ModelConfig& config);
    /// Makes the table long enough for positions [0, positions). Throws Error where memory is short.
    void reserve(std::int64_t positions, BufferAllocator& allocator);

    [[nodiscard]] bool any() const { return m_half > 0; }
    /// Turns the rotated part of a vector that begins at x, for a position in the table; nothing where there is nothing to rotate.
    void turn(const Kernels& kernels, float* x, std::int64_t position) const {
        if (m_half > 0) kernels.rotate(x, m_cos.data() + position * m_half, m_sin.data() + position * m_half, m_half, m_interleaved);
    }

private:
    RopeFrequencies m_frequencies;
    std::int64_t m_half = 0;  ///< pairs
    bool m_interleaved = false;
    std::int64_t m_positions = 0;
    Floats m_cos;  ///< [positions, half]
    Floats m_sin;  ///< [positions, half]
};

}  // namespace loom::decode
