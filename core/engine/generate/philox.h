// SPDX-License-Identifier: GPL-3.0-or-later
// Philox4x32-10 counter-based random numbers (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
#pragma once

#include <array>
#include <cstdint>

namespace loom {

/// Four random words: a pure function of counter and key.
[[nodiscard]] std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

}  // namespace loom
