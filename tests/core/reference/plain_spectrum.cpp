// SPDX-License-Identifier: GPL-3.0-or-later
// Singular values by cyclic Jacobi rotations of the Gram matrix.
#include "tests/core/reference/plain_spectrum.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace loom::test {

PlainSpectrum plainSpectrum(const std::vector<double>& matrix, std::size_t n) {
    std::vector<std::vector<double>> gram(n, std::vector<double>(n, 0.0));
    for (std::size_t row = 0; row < matrix.size() / n; ++row) {
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) gram[i][j] += matrix[row * n + i] * matrix[row * n + j];
        }
    }
    std::vector<std::vector<double>> vectors(n, std::vector<double>(n, 0.0));  // columns
    for (std::size_t i = 0; i < n; ++i) vectors[i][i] = 1.0;
    for (int sweep = 0; sweep < 60; ++sweep) {
        for (std::size_t p = 0; p < n; ++p) {
            for (std::size_t q = p + 1; q < n; ++q) {
                if (gram[p][q] == 0.0) continue;
                const double angle = 0.5 * std::atan2(2.0 * gram[p][q], gram[p][p] - gram[q][q]);
                const double c = std::cos(angle);
                const double s = std::sin(angle);
                const auto turn = [&](double& a, double& b) {
                    const double old = a;
                    a = c * old + s * b;
                    b = c * b - s * old;
                };
                for (std::size_t i = 0; i < n; ++i) turn(gram[p][i], gram[q][i]);
                for (std::size_t i = 0; i < n; ++i) turn(gram[i][p], gram[i][q]);
                for (std::size_t i = 0; i < n; ++i) turn(vectors[i][p], vectors[i][q]);
            }
        }
    }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return gram[a][a] > gram[b][b]; });
    PlainSpectrum result;
    for (const std::size_t column : order) {
        result.values.push_back(std::sqrt(std::max(0.0, gram[column][column])));
        std::vector<double>& direction = result.directions.emplace_back();
        for (std::size_t i = 0; i < n; ++i) direction.push_back(vectors[i][column]);
    }
    return result;
}

}  // namespace loom::test
