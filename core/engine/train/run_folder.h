// SPDX-License-Identifier: GPL-3.0-or-later
// RunFolder: a training run on disk. Whatever is killed at whatever moment, the run can be resumed:
//   tokenizer files       written first
//   run.json              what was asked for; makes the folder a run
//   state.safetensors     weights, moments, moving average and step together in one file, so that they always belong to each other
//   model.safetensors     the weights alone, with config.json, generation_config.json and latentloom.json: a checkpoint
//                         that the program (and for its families `transformers`) opens
//   best/                 a checkpoint of its own: the weights whose validation loss was lowest
//   metrics.jsonl         a line per step
//   samples.jsonl         stories of each measurement
//   training.json         the model card
//   run_notes.json        the person's own name and notes for it
// Every file but those two appears whole or not at all; of them lines behind the state's step are dropped on resuming.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/train_point.h"
#include "core/engine/api/training.h"
#include "core/engine/train/data_set.h"
#include "core/engine/train/moving_average.h"
#include "core/engine/train/run_samples.h"
#include "core/engine/train/train_config.h"

namespace loom {

/// run.json
struct RunRequest {
    std::string config;          ///< the configuration as JSON
    DataOrder data;              ///< absolute paths
    std::uint64_t dataHash = 0;  ///< of the training tokens
    std::int64_t threads = 0;    ///< that the run was begun with
    std::string device = "cpu";
    std::int64_t started = 0;  ///< seconds since 1970, UTC; 0 = not recorded
};

class RunFolder {
public:
    /// Makes a new run with the tokenizer's files from `tokenizer` (a folder, or a file in one); an Error if there is a run already. Locks
    /// the folder against a second process.
    [[nodiscard]] static RunFolder create(const std::filesystem::path& folder, const RunRequest& request,
                                          const std::filesystem::path& tokenizer);
    /// Opens a run and locks it. Removes what a killed process left half written.
    [[nodiscard]] static RunFolder open(const std::filesystem::path& folder);

    [[nodiscard]] const std::filesystem::path& path() const { return m_folder; }
    [[nodiscard]] const RunRequest& request() const { return m_request; }

    /// config.json, generation_config.json, latentloom.json.
    void writeDescriptions(const TrainConfig& config) const;
    /// State first, model after it: the average's weights where there is one, else the trainer's.
    struct Moment {
        std::int64_t step = 0;
        double seconds = 0;
        double rateFactor = 1.0;  ///< of the learning rate, after roll-backs
    };
    void writeCheckpoint(TrainableModel& trainer, const Moment& moment, DType storage, const MovingAverage* average = nullptr) const;
    /// model.safetensors alone.
    void writeModel(const std::vector<TensorToWrite>& weights, DType storage) const;
    /// The weights as a checkpoint of its own in the folder "best", which replaces the one before.
    void writeBest(const std::vector<TensorToWrite>& weights, const TrainConfig& config) const;
    /// Puts the saved state into the trainer (and the average, where one is kept); nothing where none was saved yet.
    [[nodiscard]] std::optional<Moment> restore(TrainableModel& trainer, MovingAverage* average = nullptr) const;

    /// Lines of metrics.jsonl up to `step`; drops the others from the file.
    [[nodiscard]] std::vector<TrainPoint> takeMetrics(std::int64_t step) const;
    void appendMetrics(const TrainPoint& point) const;
    void appendSamples(const StepSamples& samples) const;

    class Lock;

private:
    RunFolder(std::filesystem::path folder, RunRequest request, std::shared_ptr<Lock> lock);
    std::filesystem::path m_folder;
    RunRequest m_request;
    std::shared_ptr<Lock> m_lock;
};

inline constexpr const char* kBestSuffix = " (best)";  ///< of the name of the checkpoint in best/

/// Whether a folder holds a run.
[[nodiscard]] bool isRun(const std::filesystem::path& folder);
/// Whether a process (this one included) works on the run in this folder.
[[nodiscard]] bool isRunning(const std::filesystem::path& folder);
/// Keeps every other process from the run as long as the value lives. Throws Error where one works on it.
[[nodiscard]] std::shared_ptr<const void> lockRun(const std::filesystem::path& folder);
/// run.json of a folder. Throws Error naming file and key.
[[nodiscard]] RunRequest readRunRequest(const std::filesystem::path& folder);

}  // namespace loom
