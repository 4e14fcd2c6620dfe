// SPDX-License-Identifier: GPL-3.0-or-later
// Attention's products with cells of every type, of every set that this processor runs: against double loops, and bit for bit against
// themselves.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "core/data/bf16.h"
#include "core/engine/checkpoint/f16.h"
#include "tests/core/decode_fixture.h"

namespace loom::decode {
namespace {

constexpr std::array kTypes{DType::F32, DType::BF16, DType::F16, DType::I8};

/// Rows of cells as a cache holds them, with room between rows, and what they mean.
struct Lane {
    Lane(const Kernels& kernels, std::int64_t positions, std::int64_t width, DType type) : scales(at(2 * positions)) {
        const std::int64_t stride = width + 7;
        const std::int64_t bytes = bytesPerElement(type);
        const std::vector<float> values = numbers(positions * width, 11, 2);
        memory.resize(at(positions * stride * bytes));
        read.resize(at(positions * width));
        for (std::int64_t p = 0; p < positions; ++p) {
            std::byte* row = memory.data() + p * stride * bytes;
            kernels.keep(values.data() + p * width, width, type, row, &scales[at(2 * p)]);
            kernels.read(row, type, scales[at(2 * p)], width, read.data() + p * width);
        }
        cells = {.data = memory.data(), .scales = scales.data(), .stride = stride, .scaleStride = 2, .type = type};
    }
    std::vector<std::byte> memory;
    std::vector<float> scales;
    std::vector<float> read;
    Cells cells;
};

TEST_P(DecodeKernels, CellsAreReadAsTheyWereKept) {
    for (const std::int64_t width : {1, 7, 33, 96}) {
        const std::vector<float> row = numbers(width, 3, 5);
        for (const DType type : kTypes) {
            std::vector<std::byte> cells(at(width * bytesPerElement(type)));
            float scale = 1;
            std::vector<float> back(at(width));
            set().keep(row.data(), width, type, cells.data(), &scale);
            set().read(cells.data(), type, scale, width, back.data());
            float largest = 0;
            for (const float v : row) largest = std::max(largest, std::abs(v));
            for (std::int64_t i = 0; i < width; ++i) {
                const float value = row[at(i)];
                if (type == DType::F32) {
                    EXPECT_EQ(back[at(i)], value);
                } else if (type == DType::BF16) {
                    EXPECT_EQ(back[at(i)], fromBf16(toBf16(value)));
                } else if (type == DType::F16) {
                    EXPECT_NEAR(back[at(i)], value, std::abs(value) / 2048);
                } else {
                    EXPECT_EQ(scale, largest / 127);
                    EXPECT_NEAR(back[at(i)], value, largest / 127 * 0.5001F);
                }
            }
        }
    }
}

TEST_P(DecodeKernels, EveryF16IsReadAndKept) {
    for (std::uint32_t first = 0; first < 65536; first += 64) {
        std::vector<std::uint16_t> halves;
        for (std::uint32_t i = 0; i < 64; ++i) halves.push_back(static_cast<std::uint16_t>(first + i));
        std::vector<float> values(64);
        set().read(reinterpret_cast<const std::byte*>(halves.data()), DType::F16, 1, 64, values.data());
        std::vector<std::uint16_t> back(64);
        float scale = 1;
        set().keep(values.data(), 64, DType::F16, reinterpret_cast<std::byte*>(back.data()), &scale);
        for (std::size_t i = 0; i < 64; ++i) {
            const float expected = fromF16(halves[i]);
            if (std::isnan(expected)) {
                ASSERT_TRUE(std::isnan(values[i]));
                ASSERT_TRUE(std::isnan(fromF16(back[i])));
            } else {
                ASSERT_EQ(std::memcmp(&values[i], &expected, sizeof expected), 0) << halves[i];
                ASSERT_EQ(back[i], halves[i]);
            }
        }
    }
}

TEST_P(DecodeKernels, F16RoundsToTheNearest) {
    const std::vector<float> values{1.0F + 1.0F / 2048, 1.0F + 3.0F / 2048, 65519,    65520,  -1e9F,
                                    5.9604645e-8F,      2.9802322e-8F,      2.99e-8F, 6.1e-5F};
    const std::vector<float> expected{1.0F,
                                      1.0F + 2.0F / 1024,
                                      65504,
                                      std::numeric_limits<float>::infinity(),
                                      -std::numeric_limits<float>::infinity(),
                                      5.9604645e-8F,
                                      0.0F,
                                      5.9604645e-8F,
                                      6.1035156e-5F - 5.9604645e-8F};
    std::vector<std::uint16_t> halves(values.size());
    float scale = 1;
    set().keep(values.data(), static_cast<std::int64_t>(values.size()), DType::F16, reinterpret_cast<std::byte*>(halves.data()), &scale);
    for (std::size_t i = 0; i + 1 < values.size(); ++i) EXPECT_EQ(fromF16(halves[i]), expected[i]) << values[i];
    EXPECT_NEAR(fromF16(halves.back()), values.back(), 3e-8F);
}

TEST_P(DecodeKernels, RowsOfInt8ThatAreZeroOrNoNumbers) {
    std::vector<float> row(40, 0.0F);
    std::vector<std::byte> cells(40, std::byte{1});
    float scale = 1;
    set().keep(row.data(), 40, DType::I8, cells.data(), &scale);
    EXPECT_EQ(scale, 0.0F);
    EXPECT_EQ(cells, std::vector<std::byte>(40));
    row[17] = std::numeric_limits<float>::quiet_NaN();
    set().keep(row.data(), 40, DType::I8, cells.data(), &scale);
    EXPECT_TRUE(std::isnan(scale));
}

TEST_P(DecodeKernels, ScoresMatchDoubleLoops) {
    for (const DType type : kTypes) {
        for (const std::int64_t width : {1, 16, 31, 96, 300}) {
            for (const std::int64_t positions : {1, 2, 5, 41, 300}) {
                const Lane lane(set(), positions, width, type);
                const std::vector<float> queries = numbers(9 * width, 4);
                for (const bool add : {false, true}) {
                    std::vector<float> out(at(9 * (positions + 3)), 0.5F);
                    set().scores(queries.data(), width, 9, lane.cells, positions, width, 0.25F, add, out.data(), positions + 3);
                    for (std::int64_t q = 0; q < 9; ++q) {
                        for (std::int64_t p = 0; p < positions; ++p) {
                            double sum = 0;
                            for (std::int64_t i = 0; i < width; ++i) {
                                sum += static_cast<double>(queries[at(q * width + i)]) * static_cast<double>(lane.read[at(p * width + i)]);
                            }
                            ASSERT_NEAR(static_cast<double>(out[at(q * (positions + 3) + p)]), 0.25 * sum + (add ? 0.5 : 0.0),
                                        1e-6 * static_cast<double>(width + 4))
                                << name(type) << " width " << width << " query " << q << " position " << p;
                        }
                        ASSERT_EQ(out[at(q * (positions + 3) + positions)], 0.5F) << "wrote beyond its positions";
                    }
                }
            }
        }
    }
}

TEST_P(DecodeKernels, MixMatchesDoubleLoops) {
    for (const DType type : kTypes) {
        for (const std::int64_t width : {1, 16, 31, 96, 300}) {
            for (const std::int64_t positions : {1, 2, 5, 41, 300}) {
                const Lane lane(set(), positions, width, type);
                const std::vector<float> weights = numbers(9 * positions, 4);
                std::vector<float> out(at(9 * (width + 3)), 0.5F);
                set().mix(weights.data(), positions, 9, lane.cells, positions, width, out.data(), width + 3);
                for (std::int64_t q = 0; q < 9; ++q) {
                    for (std::int64_t i = 0; i < width; ++i) {
                        double sum = 0.5;
                        for (std::int64_t p = 0; p < positions; ++p) {
                            sum += static_cast<double>(weights[at(q * positions + p)]) * static_cast<double>(lane.read[at(p * width + i)]);
                        }
                        ASSERT_NEAR(static_cast<double>(out[at(q * (width + 3) + i)]), sum, 1e-6 * static_cast<double>(positions + 4))
                            << name(type) << " width " << width << " query " << q << " value " << i;
                    }
                    ASSERT_EQ(out[at(q * (width + 3) + width)], 0.5F) << "wrote beyond its width";
                }
            }
        }
    }
}

TEST_P(DecodeKernels, OneQueryGivesTheBitsOfMany) {
    constexpr std::int64_t kPositions = 517;
    for (const DType type : kTypes) {
        for (const std::int64_t width : {31, 96, 260}) {
            const Lane lane(set(), kPositions, width, type);
            const std::vector<float> queries = numbers(13 * width, 4);
            const std::vector<float> weights = numbers(13 * kPositions, 5);
            std::vector<float> all(at(13 * kPositions));
            std::vector<float> allMixed(at(13 * width));
            set().scores(queries.data(), width, 13, lane.cells, kPositions, width, 0.3F, false, all.data(), kPositions);
            set().mix(weights.data(), kPositions, 13, lane.cells, kPositions, width, allMixed.data(), width);
            for (std::int64_t n = 1; n <= 9; ++n) {
                std::vector<float> some(at(n * kPositions));
                set().scores(queries.data() + 2 * width, width, n, lane.cells, kPositions, width, 0.3F, false, some.data(), kPositions);
                ASSERT_EQ(std::memcmp(some.data(), all.data() + 2 * kPositions, some.size() * sizeof(float)), 0) << name(type) << " " << n;
                std::vector<float> mixed(at(n * width));
                set().mix(weights.data() + 2 * kPositions, kPositions, n, lane.cells, kPositions, width, mixed.data(), width);
                ASSERT_EQ(std::memcmp(mixed.data(), allMixed.data() + 2 * width, mixed.size() * sizeof(float)), 0)
                    << name(type) << " " << n;
                // In two parts of the positions, as blocks of a cache lie.
                Cells rest = lane.cells;
                const std::int64_t cut = 30 * n + 1;
                rest.data += cut * rest.stride * bytesPerElement(type);
                rest.scales += cut * rest.scaleStride;
                std::fill(mixed.begin(), mixed.end(), 0.0F);
                const float* w = weights.data() + 2 * kPositions;
                set().mix(w, kPositions, n, lane.cells, cut, width, mixed.data(), width);
                set().mix(w + cut, kPositions, n, rest, kPositions - cut, width, mixed.data(), width);
                ASSERT_EQ(std::memcmp(mixed.data(), allMixed.data() + 2 * width, mixed.size() * sizeof(float)), 0)
                    << name(type) << " cut " << cut;
                set().scores(queries.data() + 2 * width, width, n, rest, kPositions - cut, width, 0.3F, false, some.data() + cut,
                             kPositions);
                ASSERT_EQ(std::memcmp(some.data(), all.data() + 2 * kPositions, some.size() * sizeof(float)), 0)
                    << name(type) << " cut " << cut;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, DecodeKernels, ::testing::ValuesIn(availableKernels().begin(), availableKernels().end()), setName);

}  // namespace
}  // namespace loom::decode
