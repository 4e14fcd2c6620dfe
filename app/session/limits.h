// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds that keep one view's data from taking the memory that models need.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/data/model_config.h"

namespace loom::session {

/// How many tokens one layer's attention may cover, so that its H·T² numbers stay below 256 MB; never more than the context.
[[nodiscard]] inline std::int64_t largestMap(const ModelConfig& config) {
    const auto heads = static_cast<double>(std::max<std::int64_t>(1, config.attention.heads));
    const auto fits = static_cast<std::int64_t>(std::sqrt(64.0 * 1024 * 1024 / heads));
    return std::clamp<std::int64_t>(fits, 1, std::max<std::int64_t>(1, config.context));
}

/// How many stories of the story maker the precisions are measured on.
inline constexpr std::int64_t kMeasuredStories = 24;

}  // namespace loom::session
