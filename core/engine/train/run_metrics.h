// SPDX-License-Identifier: GPL-3.0-or-later
// metrics.jsonl: a line per step of a run.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/data/train_point.h"

namespace loom {

[[nodiscard]] std::string metricsLine(const TrainPoint& point);
/// Nothing where the line is none, such as one that a kill cut short. Numbers that are missing are 0.
[[nodiscard]] std::optional<TrainPoint> pointOfLine(std::string_view line);

/// Calls `body(line)` for each line of the file; none where there is no file. Throws Error naming it: larger than a gigabyte, unreadable.
void forMetricsLines(const std::filesystem::path& file, const std::function<void(std::string_view)>& body);
/// The points of steps 1 … `last` in rising order, with their lines. Lines that are cut, or whose step has been there, are left out.
void forPoints(const std::filesystem::path& file, std::int64_t last, const std::function<void(const TrainPoint&, std::string_view)>& body);

}  // namespace loom
