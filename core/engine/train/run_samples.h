// SPDX-License-Identifier: GPL-3.0-or-later
// Stories that a run writes while it learns, always from the same prompts and seeds, so that they can be compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/engine/api/engine.h"

namespace loom {

struct SampleStory {
    std::string prompt;
    std::uint64_t seed = 0;
    double temperature = 0;
    std::string text;  ///< the continuation only
};

/// What a run wrote at one step.
struct StepSamples {
    std::int64_t step = 0;
    std::vector<SampleStory> stories;
};

/// Writes a story of at most `tokens` tokens from each of `count` fixed prompts. `progress` is told (done, count). Fewer where stopped.
/// Throws Error where the checkpoint cannot be used.
[[nodiscard]] std::vector<SampleStory> writeSamples(Engine& engine, const std::filesystem::path& checkpoint, std::int64_t tokens,
                                                    std::int64_t count, const std::function<void(std::int64_t, std::int64_t)>& progress,
                                                    std::stop_token stop);
inline constexpr std::int64_t kSamplePrompts = 5;  ///< the largest count

/// A line of samples.jsonl, and back. Lines that are none are left out.
[[nodiscard]] std::string samplesLine(const StepSamples& samples);
[[nodiscard]] std::vector<StepSamples> readSamples(const std::filesystem::path& file);

}  // namespace loom
