// SPDX-License-Identifier: GPL-3.0-or-later
// Where a network computes.
#pragma once

#include <cstdint>

namespace loom {

enum class DeviceKind : std::uint8_t { Cpu, Cuda };

}  // namespace loom
