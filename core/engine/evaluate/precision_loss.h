// SPDX-License-Identifier: GPL-3.0-or-later
// What the precisions of the fast path cost: the loss of the same model on the same stories.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/precision.h"
#include "core/engine/evaluate/evaluate.h"

namespace loom {

/// In the order of kPrecisions. `progress` is told (stories done, all), counted over all precisions. Throws Error as evaluate(), and where
/// the fast path cannot compute this model.
[[nodiscard]] std::vector<PrecisionLoss> measurePrecisions(Engine& engine, const OpenModel& model, const std::vector<std::string>& stories,
                                                           const NetworkOptions& options,
                                                           const std::function<void(std::int64_t, std::int64_t)>& progress,
                                                           std::stop_token stop);

/// The same on `count` stories of the story maker, which need no file.
[[nodiscard]] std::vector<PrecisionLoss> measurePrecisionsOnMadeStories(Engine& engine, const OpenModel& model, std::int64_t count,
                                                                        const NetworkOptions& options, std::stop_token stop);

/// (loss − loss of F32) / loss of F32; 0 where F32 is not among them.
[[nodiscard]] double relativeLoss(const std::vector<PrecisionLoss>& losses, Precision precision);

}  // namespace loom
