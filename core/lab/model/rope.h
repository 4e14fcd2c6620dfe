// SPDX-License-Identifier: GPL-3.0-or-later
// RoPE: turns pairs of elements by an angle that grows with the position, so that a query and a key meet at an angle
// that depends only on their distance (arXiv 2104.09864, equation 34).
#pragma once

#include <cstdint>

#include "core/data/model_config.h"
#include "core/lab/model/tensor.h"

namespace loom::lab {

/// The rotation of T consecutive positions: pair i of position p turns by p · theta^(−2i/w), w the width that is rotated.
class Rope {
public:
    /// Angles are computed in f64 and their sines and cosines rounded to the type of `options`.
    Rope(std::int64_t start, std::int64_t positions, std::int64_t width, double theta, RopeLayout layout, const at::TensorOptions& options);

    /// No rotation: returns what it is given.
    Rope() = default;

    /// The same rotation for positions 0 … positions − 1.
    [[nodiscard]] Rope ofPositions(std::int64_t positions) const;

    /// Rotates every head of x [B, T, n, w]. Half pairs (i, i + w/2), interleaved pairs (2i, 2i + 1).
    [[nodiscard]] Tensor operator()(const Tensor& x) const;

private:
    std::int64_t m_width = 0;
    double m_theta = 0;
    Tensor m_cos;  ///< [T, 1, w/2]; undefined = no rotation
    Tensor m_sin;  ///< [T, 1, w/2]
    RopeLayout m_layout = RopeLayout::Half;
};

}  // namespace loom::lab
