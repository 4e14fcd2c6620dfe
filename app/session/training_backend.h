// SPDX-License-Identifier: GPL-3.0-or-later
// TrainingBackend: what the Train page needs of the engine. Tests give one of their own.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/data/error.h"
#include "core/data/train_setup.h"
#include "core/data/train_update.h"
#include "core/data/training_plan.h"
#include "core/engine/train/twins.h"

namespace loom::session {

/// Calls block. Each function may be called from a thread of its own, one at a time.
class TrainingBackend {
public:
    virtual ~TrainingBackend() = default;

    // At once: for the window's thread.
    [[nodiscard]] virtual std::vector<TrainChoice> choices() const = 0;
    /// Absolute path of the folder that a run of this setup would get; no run has it yet.
    [[nodiscard]] virtual std::string folderFor(const TrainSetup& setup) const = 0;
    /// Absolute paths of the runs that train(folder, setup) makes or goes on with: the folder itself, or where it is a group its twins.
    [[nodiscard]] virtual std::vector<std::string> runsIn(const std::string& folder, const TrainSetup* setup) const = 0;

    /// Of the networks in a folder of models; empty where there are none.
    [[nodiscard]] virtual std::vector<ReferenceCurve> references(const std::string& models) = 0;
    [[nodiscard]] virtual Result<DataLook> look(const TrainSetup& setup, std::stop_token stop) = 0;
    /// (done, total) of the measurement.
    using Progress = std::function<void(std::int64_t, std::int64_t)>;
    /// What the run will take. Without `measured` only what the shapes say, at once; nothing where not even the size is known.
    [[nodiscard]] virtual Result<std::optional<TrainingPlan>> plan(const TrainSetup& setup, bool measured, const Progress& progress,
                                                                   std::stop_token stop) = 0;

    /// Trains a new run or new twins in `folder`, or goes on with what lies there where `setup` is null. A run alone is the twin without a
    /// name. Results in the order of runsIn().
    [[nodiscard]] virtual Result<std::vector<TrainSummary>> train(const std::string& folder, const TrainSetup* setup,
                                                                  TwinsObserver& observer, std::stop_token stop) = 0;

    [[nodiscard]] virtual Result<std::vector<RunSummary>> runs(std::stop_token stop) = 0;
    [[nodiscard]] virtual Result<RunDetail> read(const std::string& folder) = 0;
    [[nodiscard]] virtual Result<void> rename(const std::string& folder, const std::string& name) = 0;
    [[nodiscard]] virtual Result<void> setNotes(const std::string& folder, const std::string& notes) = 0;
    /// Returns where it lies now.
    [[nodiscard]] virtual Result<std::string> moveToTrash(const std::string& folder) = 0;
    /// The file's ending decides: .csv, .jsonl or .html.
    [[nodiscard]] virtual Result<void> exportRuns(const std::vector<std::string>& folders, const std::string& file) = 0;
};

/// Called once, in the constructor of TrainController. Must not return null.
using TrainingFactory = std::function<std::unique_ptr<TrainingBackend>()>;

}  // namespace loom::session
