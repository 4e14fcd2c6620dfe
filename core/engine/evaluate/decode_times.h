// SPDX-License-Identifier: GPL-3.0-or-later
// DecodeTimes: how long a step takes over context × stories, and the file in which a machine remembers it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/time_grid.h"
#include "core/data/twin_update.h"
#include "core/engine/api/engine.h"

namespace loom {

struct TimeGridOptions {
    std::vector<std::int64_t> contexts = TimeAxes{}.contexts;
    std::vector<std::int64_t> batches = TimeAxes{}.batches;
    PrecisionChoice precision = PrecisionChoice::Auto;
    double longestStep = 0.5;                 ///< seconds; larger cells of a row are left out behind one that took as long
    std::int64_t mostCacheBytes = 0;          ///< for the caches of one cell; 0 = a quarter of the free memory
    std::chrono::milliseconds cellTime{100};  ///< steps are repeated for as long, at least kLeastRepeats of them
    /// For tests: a clock of their own.
    std::function<std::chrono::nanoseconds()> now = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
};
inline constexpr std::int64_t kLeastRepeats = 5;
inline constexpr std::int64_t kMostRepeats = 50;

/// The rows for these contestants: each as it was chosen, then each joint latent that was chosen absorbed also naively. Nothing is
/// measured.
[[nodiscard]] TimeGrid emptyTimeGrid(const std::vector<TwinContestant>& contestants, const TimeGridOptions& options);

/// Fills the grid, cell by cell from the smallest; all rows of a cell one after the other. Networks have random weights of the contestants'
/// shapes and contexts as long as the grid: how long a step takes does not hang on what the numbers are. `onCell` is told (done, all)
/// after each one. Cells whose caches would be too large or whose steps would be too long stay empty. Returns false where it was stopped:
/// what was measured by then is in the grid. Throws Error where a network cannot be built.
[[nodiscard]] bool measureTimeGrid(Engine& engine, const std::vector<TwinContestant>& contestants, const TimeGridOptions& options,
                                   TimeGrid& grid, const std::function<void(std::int64_t, std::int64_t)>& onCell, std::stop_token stop);

/// What the times of these contestants are filed under: shapes, paths, precision, kernels, threads and the machine.
[[nodiscard]] std::string timeGridKey(const std::vector<TwinContestant>& contestants, const TimeGridOptions& options);
/// From `folder`; none where nothing usable is filed there.
[[nodiscard]] std::optional<TimeGrid> readTimeGrid(const std::filesystem::path& folder, const std::string& key);
/// Makes the folder. Throws Error where it cannot be written.
void writeTimeGrid(const std::filesystem::path& folder, const std::string& key, const TimeGrid& grid);

}  // namespace loom
