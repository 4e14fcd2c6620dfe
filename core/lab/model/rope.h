// SPDX-License-Identifier: GPL-3.0-or-later
// RoPE: turns pairs of elements by an angle that grows with the position, so that a query and a key meet at an angle
// that depends only on their distance (arXiv 2104.09864, equation 34).
#pragma once

#include <cstdint>

#include "core/data/model_config.h"
#include "core/lab/model/tensor.h"

namespace loom::lab {

/// The rotation of T consecutive positions: pair i of position p turns by p times the pair's frequency (core/data/rope.h).
class Rope {
public:
    /// What `config` says of the width, the layout and the scaling. Angles are computed in f64 and their sines and cosines rounded to the
    /// type of `options`. The text whose last position this is counts as computed at once (RopeScalingKind::Dynamic).
    Rope(const ModelConfig& config, std::int64_t start, std::int64_t positions, const at::TensorOptions& options);

    /// With angles that are known: cos and sin [T, 1, w/2].
    Rope(const ModelConfig& config, const Tensor& cos, const Tensor& sin);

    /// No rotation: returns what it is given.
    Rope() = default;

    /// The same rotation for positions 0 … positions − 1.
    [[nodiscard]] Rope ofPositions(std::int64_t positions) const;

    /// Rotates every head of x [B, T, n, a]: its w elements from the first rotated one on; the others stay as they are.
    /// Half pairs (i, i + w/2), interleaved pairs (2i, 2i + 1).
    [[nodiscard]] Tensor operator()(const Tensor& x) const;

    [[nodiscard]] const Tensor& cos() const { return m_cos; }
    [[nodiscard]] const Tensor& sin() const { return m_sin; }

private:
    Rope(const Rope& other, std::int64_t start, std::int64_t positions, const at::TensorOptions& options);
    void setAngles(std::int64_t start, std::int64_t positions, const at::TensorOptions& options);
    [[nodiscard]] Tensor rotated(const Tensor& x) const;  ///< all of x [B, T, n, w]

    RopeFrequencies m_frequencies;
    std::int64_t m_start = 0;  ///< the first rotated element of a head
    std::int64_t m_width = 0;  ///< w
    Tensor m_cos;              ///< [T, 1, w/2]; undefined = no rotation
    Tensor m_sin;              ///< [T, 1, w/2]
    RopeLayout m_layout = RopeLayout::Half;
};

}  // namespace loom::lab
