// SPDX-License-Identifier: GPL-3.0-or-later
// How much memory the system could give now.
#pragma once

#include <cstdint>
#include <optional>

namespace loom {

/// Bytes that could be taken without swapping (MemAvailable on Linux); nothing where the system does not say.
[[nodiscard]] std::optional<std::int64_t> freeMemory();

}  // namespace loom
