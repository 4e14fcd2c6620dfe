// SPDX-License-Identifier: GPL-3.0-or-later
// The products of every set of kernels that this processor runs, against plain double loops, and bit for bit against themselves.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/data/bf16.h"
#include "core/engine/decode/kernels.h"
#include "core/engine/decode/packed_matrix.h"
#include "core/engine/memory/buffer.h"
#include "tests/core/decode_fixture.h"
#include "tests/support/expect_error.h"

namespace loom::decode {
namespace {

using test::errorOf;

/// A matrix and activations, packed and plain.
struct Product {
    Product(std::int64_t rows, std::int64_t columns, std::int64_t tokenCount, Precision precision, const Kernels& set, float size = 1)
        : weights(numbers(rows * columns, 1, size)), x(numbers(tokenCount * columns, 2, size)), kernels(set), tokens(tokenCount) {
        pack(rows, columns, precision);
    }
    void pack(std::int64_t rows, std::int64_t columns, Precision precision) {
        matrix = PackedMatrix(
            rows, columns, precision, [&](std::int64_t row, float* out) { std::copy_n(weights.begin() + row * columns, columns, out); },
            allocator, kernels);
        activations.reserve(tokens, columns, allocator);
        for (std::int64_t t = 0; t < tokens; ++t) activations.prepare(kernels, precision, x.data(), columns, columns, t);
        view = activations.view(x.data(), columns, columns);
    }
    /// The activation as the product sees it: its steps times their scale with quantised weights.
    [[nodiscard]] double seen(std::int64_t t, std::int64_t c) const {
        const Precision precision = matrix.view().precision;
        if (precision == Precision::F32 || precision == Precision::Bf16) return static_cast<double>(x[at(t * matrix.columns() + c)]);
        const std::int64_t groups = matrix.view().groups();
        return static_cast<double>(view.steps[t * groups * kGroup + c]) * static_cast<double>(view.scales[t * groups + c / kGroup]);
    }
    /// y [tokens, rows], of `count` tokens from `first` on.
    [[nodiscard]] std::vector<float> multiply(std::int64_t first, std::int64_t count, std::int64_t stride) const {
        const std::int64_t groups = matrix.view().groups();
        ActivationsView some = view;
        some.values += first * view.stride;
        if (some.steps != nullptr) {
            some.steps += first * groups * kGroup;
            some.scales += first * groups;
            some.sums += first * groups;
        }
        std::vector<float> y(at(count * stride), -77.0F);
        kernels.multiply(matrix.view(), 0, matrix.view().panels(), some, count, y.data(), stride);
        return y;
    }

    MemoryAccount account;
    HostAllocator allocator{account};
    std::vector<float> weights;
    std::vector<float> x;
    const Kernels& kernels;
    std::int64_t tokens;
    PackedMatrix matrix;
    Activations activations;
    ActivationsView view;
};

TEST_P(DecodeKernels, ProductsMatchDoubleLoops) {
    for (const Precision precision : kPrecisions) {
        for (const std::int64_t rows : {1, 33, 257}) {
            for (const std::int64_t columns : {1, 31, 32, 100, 688}) {
                const Product product(rows, columns, 3, precision, set());
                const std::vector<float> y = product.multiply(0, 3, rows + 5);
                std::vector<float> row(at(columns));
                for (std::int64_t r = 0; r < rows; ++r) {
                    product.matrix.unpackRow(r, row.data());
                    for (std::int64_t t = 0; t < 3; ++t) {
                        double expected = 0;
                        double size = 0;
                        for (std::int64_t c = 0; c < columns; ++c) {
                            const double term = static_cast<double>(row[at(c)]) * product.seen(t, c);
                            expected += term;
                            size += std::abs(term);
                        }
                        ASSERT_NEAR(static_cast<double>(y[at(t * (rows + 5) + r)]), expected, 2e-6 * size + 1e-30)
                            << name(precision) << " " << rows << "×" << columns << " row " << r << " token " << t;
                    }
                }
                for (std::int64_t t = 0; t < 3; ++t) {
                    for (std::int64_t r = rows; r < rows + 5; ++r) ASSERT_EQ(y[at(t * (rows + 5) + r)], -77.0F) << "wrote beyond its rows";
                }
            }
        }
    }
}

TEST_P(DecodeKernels, OneTokenGivesTheBitsOfMany) {
    for (const Precision precision : kPrecisions) {
        for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{257, 688}, {65, 100}, {320, 300}}) {
            const Product product(rows, columns, 113, precision, set());
            const std::vector<float> all = product.multiply(0, 113, rows);
            for (std::int64_t count : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 97}) {
                const std::vector<float> some = product.multiply(7, count, rows);
                ASSERT_EQ(std::memcmp(some.data(), all.data() + 7 * rows, some.size() * sizeof(float)), 0)
                    << name(precision) << " " << rows << "×" << columns << ", " << count << " tokens";
            }
        }
    }
}

TEST_P(DecodeKernels, RangesOfPanelsGiveTheBitsOfAll) {
    for (const Precision precision : kPrecisions) {
        for (const std::int64_t tokens : {1, 2, 7}) {
            const Product product(257, 160, tokens, precision, set());
            const std::vector<float> all = product.multiply(0, tokens, 257);
            const PackedView& view = product.matrix.view();
            for (std::int64_t cut = 0; cut <= view.panels(); ++cut) {
                std::vector<float> y(all.size(), -1.0F);
                set().multiply(view, 0, cut, product.view, tokens, y.data(), 257);
                if (cut < view.panels()) {
                    EXPECT_EQ(y[at(256)], -1.0F) << "a panel outside the range was computed";
                }
                set().multiply(view, cut, view.panels(), product.view, tokens, y.data(), 257);
                ASSERT_EQ(std::memcmp(y.data(), all.data(), y.size() * sizeof(float)), 0) << name(precision) << " cut at " << cut;
            }
        }
    }
}

/// Largest difference between a weight and what was packed, by row or group: what a scale of that many steps must reach.
TEST_P(DecodeKernels, UnpackedRowsAreTheWeightsToHalfAStep) {
    constexpr std::int64_t kRows = 70;
    constexpr std::int64_t kColumns = 100;
    for (const Precision precision : kPrecisions) {
        const Product product(kRows, kColumns, 1, precision, set());
        std::vector<float> row(at(kColumns));
        double squaredError = 0;
        double squares = 0;
        for (std::int64_t r = 0; r < kRows; ++r) {
            product.matrix.unpackRow(r, row.data());
            const float* weights = product.weights.data() + r * kColumns;
            float largest = 0;
            for (std::int64_t c = 0; c < kColumns; ++c) largest = std::max(largest, std::abs(weights[c]));
            for (std::int64_t c = 0; c < kColumns; ++c) {
                const float error = std::abs(row[at(c)] - weights[c]);
                if (precision == Precision::F32) {
                    ASSERT_EQ(error, 0.0F);
                }
                if (precision == Precision::Bf16) {
                    ASSERT_EQ(row[at(c)], fromBf16(toBf16(weights[c])));
                }
                if (precision == Precision::Int8) {
                    ASSERT_LE(error, largest / 127 * 0.5001F);
                }
                if (precision == Precision::Int4) {  // half a step, or the clipped end of the range
                    ASSERT_LE(error, largest / 7);
                }
                squaredError += static_cast<double>(error) * static_cast<double>(error);
                squares += static_cast<double>(weights[c]) * static_cast<double>(weights[c]);
            }
        }
        // Uniform weights: steps of 2/15 of the range leave at least (2/15)² / 12 of the squares · 3 = 0.0044.
        if (precision == Precision::Int4) {
            EXPECT_LT(squaredError / squares, 0.0055);
        }
    }
}

TEST_P(DecodeKernels, ExtremesOfInt8DoNotSaturate) {
    for (const Precision precision : {Precision::Int8, Precision::Int4}) {
        for (const float sign : {1.0F, -1.0F}) {
            Product product(32, 64, 1, precision, set());
            std::fill(product.weights.begin(), product.weights.end(), -3.0F);
            std::fill(product.x.begin(), product.x.end(), 2.0F * sign);
            product.pack(32, 64, precision);
            const std::vector<float> y = product.multiply(0, 1, 32);
            for (const float value : y) EXPECT_NEAR(value, -6.0F * 64 * sign, 1e-3F) << name(precision);
        }
    }
}

TEST_P(DecodeKernels, ZerosStayZeros) {
    for (const Precision precision : kPrecisions) {
        Product product(33, 70, 2, precision, set());
        const std::vector<float> weights = product.weights;
        std::fill(product.x.begin(), product.x.end(), 0.0F);
        product.pack(33, 70, precision);
        for (const float value : product.multiply(0, 2, 33)) EXPECT_EQ(value, 0.0F);
        product.x = numbers(140, 3);
        std::fill(product.weights.begin(), product.weights.end(), 0.0F);
        product.pack(33, 70, precision);
        for (const float value : product.multiply(0, 2, 33)) EXPECT_EQ(value, 0.0F);
    }
}

TEST_P(DecodeKernels, HugeAndTinyValuesKeepTheirSize) {
    for (const Precision precision : kPrecisions) {
        for (const float size : {1e15F, 1e-14F}) {
            const Product product(33, 64, 1, precision, set(), size);
            const std::vector<float> y = product.multiply(0, 1, 33);
            for (std::int64_t r = 0; r < 33; ++r) {
                double expected = 0;
                for (std::int64_t c = 0; c < 64; ++c) {
                    expected += static_cast<double>(product.weights[at(r * 64 + c)]) * static_cast<double>(product.x[at(c)]);
                }
                ASSERT_NEAR(static_cast<double>(y[at(r)]), expected, 1.2 * static_cast<double>(size) * static_cast<double>(size))
                    << name(precision);
            }
        }
        const Product product(33, 64, 1, precision, set(), 3e38F);  // sums leave the range: infinite or NaN, never a crash
        EXPECT_FALSE(std::isfinite(product.multiply(0, 1, 33)[0]));
    }
}

TEST_P(DecodeKernels, ActivationsThatAreNoNumbersShowInTheResult) {
    for (const Precision precision : kPrecisions) {
        for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
            Product product(33, 70, 2, precision, set());
            product.x[69] = bad;
            product.pack(33, 70, precision);
            const std::vector<float> y = product.multiply(0, 2, 33);
            for (std::int64_t r = 0; r < 33; ++r) {
                EXPECT_FALSE(std::isfinite(y[at(r)])) << name(precision);
                EXPECT_TRUE(std::isfinite(y[at(33 + r)])) << name(precision);
            }
        }
    }
}

TEST_P(DecodeKernels, QuantisedWeightsMustBeNumbers) {
    for (const Precision precision : {Precision::Int8, Precision::Int4}) {
        Product product(40, 70, 1, precision, set());
        product.weights[35 * 70 + 3] = std::numeric_limits<float>::quiet_NaN();
        const Error error = errorOf([&] { product.pack(40, 70, precision); });
        EXPECT_EQ(error.what, "A weight is no finite number");
        EXPECT_EQ(error.where, "row 35, column 3");
        EXPECT_NE(error.hint, "");
    }
}

TEST(PackedMatrix, CountsWhatItTakes) {
    for (const Precision precision : kPrecisions) {
        MemoryAccount account;
        HostAllocator allocator(account);
        const PackedMatrix matrix(
            50, 70, precision, [](std::int64_t, float* out) { std::fill_n(out, 70, 1.0F); }, allocator, kernels());
        EXPECT_EQ(matrix.bytes(), PackedMatrix::bytesFor(50, 70, precision));
        EXPECT_EQ(matrix.bytes(), account.current(MemoryKind::Weights));
        EXPECT_FALSE(matrix.empty());
    }
    EXPECT_EQ(PackedMatrix::bytesFor(64, 96, Precision::F32), 64 * 96 * 4);
    EXPECT_EQ(PackedMatrix::bytesFor(64, 96, Precision::Bf16), 64 * 96 * 2);
    EXPECT_EQ(PackedMatrix::bytesFor(64, 96, Precision::Int8), 64 * 96 + 64 * 4);
    EXPECT_EQ(PackedMatrix::bytesFor(64, 96, Precision::Int4), 64 * 96 / 2 + 64 * 3 * 4);
    EXPECT_TRUE(PackedMatrix().empty());
}

TEST(Kernels, ThePortableSetIsLastAndTheFastestIsTaken) {
    ASSERT_FALSE(availableKernels().empty());
    EXPECT_EQ(availableKernels().back()->name, "portable");
    EXPECT_EQ(&kernels(), availableKernels().front());
}

INSTANTIATE_TEST_SUITE_P(Sets, DecodeKernels, ::testing::ValuesIn(availableKernels().begin(), availableKernels().end()), setName);

}  // namespace
}  // namespace loom::decode
