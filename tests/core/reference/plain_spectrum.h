// SPDX-License-Identifier: GPL-3.0-or-later
// Directions and singular values of a matrix in plain loops over doubles: what spectra are checked against.
#pragma once

#include <cstddef>
#include <vector>

namespace loom::test {

struct PlainSpectrum {
    std::vector<double> values;                   ///< singular values, largest first, one per column
    std::vector<std::vector<double>> directions;  ///< right singular vectors in the same order, [n][n]
};

/// Of a matrix [rows, n], row-major: eigenvalues and -vectors of its Gram matrix by cyclic Jacobi rotations. Values below 1e-8 of the
/// largest are rounding, as always with a Gram matrix.
[[nodiscard]] PlainSpectrum plainSpectrum(const std::vector<double>& matrix, std::size_t n);

}  // namespace loom::test
