// SPDX-License-Identifier: GPL-3.0-or-later
// Runs for other programs and other people: tables of their curves, and a report that opens in any browser.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/data/run_summary.h"
#include "core/data/train_point.h"
#include "core/engine/train/run_samples.h"

namespace loom {

/// Everything that an export shows of a run.
struct RunRecord {
    RunSummary summary;
    RunSettings settings;  ///< empty where the run is broken
    std::vector<TrainPoint> points;
    std::vector<StepSamples> samples;
};
/// Throws Error where the folder holds no run, or its curve cannot be read.
[[nodiscard]] RunRecord readRunRecord(const std::filesystem::path& run);

/// A line of names, then one per run and step: run, step, tokens, seconds, loss, validation_loss, learning_rate, gradient_norm (RFC 4180).
[[nodiscard]] std::string runsCsv(std::span<const RunRecord> runs);
/// The same as an object per line; validation_loss only where it was measured.
[[nodiscard]] std::string runsJsonLines(std::span<const RunRecord> runs);
/// One HTML file that needs no other: curves of all runs together with the values at hand, a table of settings with what differs, and the
/// stories of each measurement. Long curves are thinned to bands of lowest, highest and mean. No script, nothing is loaded.
[[nodiscard]] std::string runsHtml(std::span<const RunRecord> runs);

}  // namespace loom
