// SPDX-License-Identifier: GPL-3.0-or-later
// The training runs of a folder: what each is like, its curve, its name and notes, and the way to the trash.
//
// Every file may have been cut short by a kill, be written at this moment by a training process, or come from elsewhere: what cannot be
// read makes a run "broken" or leaves a line out, never more.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/run_summary.h"
#include "core/data/train_point.h"
#include "core/engine/train/run_samples.h"

namespace loom {

inline constexpr std::size_t kLongestRunNotes = 20'000;  ///< bytes

/// Runs in `folder` and in groups of twins below it, newest first. A folder that is not there has none. Reads each metrics.jsonl once.
/// Throws Error where the folder cannot be read, and when stopped.
[[nodiscard]] std::vector<RunSummary> listRuns(const std::filesystem::path& folder, std::stop_token stop = {});
/// One run. Throws Error where the folder holds none; a broken one is a summary.
[[nodiscard]] RunSummary readRun(const std::filesystem::path& run);
/// The curve: one point per step, in rising order; lines that are cut or repeat a step are left out. Empty where nothing was written yet.
[[nodiscard]] std::vector<TrainPoint> readRunPoints(const std::filesystem::path& run);
/// Stories that were written at each measurement, in the order of steps.
[[nodiscard]] std::vector<StepSamples> readRunSamples(const std::filesystem::path& run);
/// The run's configuration, flat: "model.hidden_size", "training.batch", …. Throws Error where run.json cannot be read.
[[nodiscard]] RunSettings readRunSettings(const std::filesystem::path& run);

/// The folder that a name or path means: a path to a run, else a run of that folder name in `runs`, else the only one there that is called
/// so. Throws Error naming what is near.
[[nodiscard]] std::filesystem::path findRun(const std::filesystem::path& runs, const std::string& name);

/// A folder in `runs` for a new run of that name, which nothing has yet; nothing is made. Letters of any script,
/// digits, spaces, "-" and "_" are kept, at most 80 bytes; anything else becomes "-".
[[nodiscard]] std::filesystem::path freeRunFolder(const std::filesystem::path& runs, const std::string& name);

/// The name that lists and the checkpoint show; the folder keeps its own. Also while the run is running. Throws Error: empty, longer than
/// kLongestModelName, no UTF-8, or what cannot be written.
void renameRun(const std::filesystem::path& run, const std::string& name);
void setRunNotes(const std::filesystem::path& run, const std::string& notes);
/// Moves the run into `.trash` beside it, from where it can be moved back; returns where it is now. An empty group of twins goes with its
/// last run. Throws Error where the run is running, is none, or cannot be moved.
std::filesystem::path moveRunToTrash(const std::filesystem::path& run);

}  // namespace loom
