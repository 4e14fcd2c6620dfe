// SPDX-License-Identifier: GPL-3.0-or-later
// The fast path as a Network that writes.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/engine/api/network.h"
#include "core/engine/memory/buffer.h"

namespace loom {

/// Why the fast path cannot compute such a network, as a sentence, or nothing.
[[nodiscard]] std::optional<std::string> fastPathObstacle(const ModelConfig& config);

/// Which precision PrecisionChoice::Auto means: bf16 where the weights are stored so, which loses nothing, else f32.
[[nodiscard]] Precision automaticPrecision(const ModelConfig& config);

/// Packs the weights and, where `threads` is 0, measures how many threads are fastest. Errors as DecodeModel::build().
[[nodiscard]] Result<std::shared_ptr<const Network>> fastNetwork(const Checkpoint& checkpoint, const NetworkOptions& options,
                                                                 std::int64_t threads, MemoryAccount& account, std::stop_token stop);

}  // namespace loom
