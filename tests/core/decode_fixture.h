// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of the fast path's kernels share: a fixture for each set of kernels, and numbers to compute with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/engine/decode/kernels.h"

namespace loom::decode {

/// Runs with every set of kernels that this processor has.
class DecodeKernels : public ::testing::TestWithParam<const Kernels*> {
protected:
    [[nodiscard]] static const Kernels& set() { return *GetParam(); }
};

inline std::string setName(const ::testing::TestParamInfo<const Kernels*>& info) {
    std::string name;
    for (const char c : info.param->name) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
    }
    return name;
}

inline std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Uniform in (−size, size), by a small generator of its own.
inline std::vector<float> numbers(std::int64_t count, std::uint32_t seed, float size = 1) {
    std::vector<float> out(at(count));
    std::uint32_t state = seed * 2654435761U + 1;
    for (float& value : out) {
        state = state * 1664525U + 1013904223U;
        value = (static_cast<float>(state >> 8) / 8388608.0F - 1.0F) * size;
    }
    return out;
}

}  // namespace loom::decode
