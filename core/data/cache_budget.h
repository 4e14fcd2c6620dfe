// SPDX-License-Identifier: GPL-3.0-or-later
// CacheBudget: what a cache takes for so many positions and stories, with the equation that says why.
#pragma once

#include <cstdint>
#include <string>

#include "core/data/byte_formulas.h"
#include "core/data/error.h"

namespace loom {

struct CacheBudget {
    CacheSpec spec;
    std::int64_t context = 0;  ///< positions of each story
    std::int64_t batch = 0;    ///< stories
    std::int64_t bytes = 0;    ///< spec.bytesPerToken() × context × batch

    [[nodiscard]] std::int64_t bytesPerLayer() const { return spec.layers == 0 ? 0 : bytes / spec.layers; }
    /// "(512 latent + 64 rotary key) × 61 layers × 2 bytes × 4096 positions × 8 stories = 2302672896 bytes"
    [[nodiscard]] std::string formula() const;
};

/// Throws Error where `context` or `batch` is below 1 or the number of bytes does not fit 63 bits. `spec` must be of a checked
/// configuration: bytes per token fit.
[[nodiscard]] CacheBudget cacheBudget(CacheSpec spec, std::int64_t context, std::int64_t batch);

/// How many stories of `context` positions fit into `room` bytes, each with a cache of its own; 0 where not even one does. Throws Error
/// where `context` is below 1.
[[nodiscard]] std::int64_t storiesThatFit(const CacheSpec& spec, std::int64_t context, std::int64_t room);

/// Bytes of all parameters in the element type that the configuration stores them in, the scales of Q8_0 included.
[[nodiscard]] std::int64_t storedWeightBytes(const ModelConfig& config);

/// "70272 B", "12.50 KiB", "274.50 MiB": for people, beside the exact number.
[[nodiscard]] std::string readableBytes(std::int64_t bytes);

}  // namespace loom
