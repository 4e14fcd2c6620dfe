// SPDX-License-Identifier: GPL-3.0-or-later
// What the system says about this process.
#pragma once

#include <cstdint>

namespace loom {

struct ProcessUsage {
    std::int64_t residentBytes = 0;  ///< in physical memory; 0 = not known
    std::int64_t peakBytes = 0;      ///< most that was in physical memory; 0 = not known
    std::int64_t threads = 0;        ///< 0 = not known
    std::int64_t cores = 0;          ///< of the machine
};
[[nodiscard]] ProcessUsage processUsage();

}  // namespace loom
