// SPDX-License-Identifier: GPL-3.0-or-later
// OneRun: a run folder with its network and its loop, from the first step to the model card. Alone, or one of several twins.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>

#include "core/engine/train/run_data.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/training_loop.h"
#include "core/engine/train/training_run.h"

namespace loom {

class OneRun {
public:
    /// Takes the folder over. Everything else outlives it.
    OneRun(RunFolder folder, const TrainOrder& order, MemoryAccount& account, TrainObserver& observer, std::stop_token stop);
    OneRun(const OneRun&) = delete;
    OneRun& operator=(const OneRun&) = delete;

    [[nodiscard]] const RunRequest& request() const { return m_folder.request(); }
    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder.path(); }
    [[nodiscard]] const TrainConfig& config() const { return m_config; }
    /// Builds the network and takes up the saved state.
    void prepare(const RunData& data);
    [[nodiscard]] TrainingLoop& loop() { return *m_loop; }
    /// What the card says of a finished run: held-out loss and stories as they come, through the program's own generation. Gives the
    /// network's memory back. A stop request leaves out what is not measured yet.
    void finish();
    [[nodiscard]] const TrainSummary& summary() const { return m_summary; }

private:
    void measureFinished();

    RunFolder m_folder;
    const TrainOrder& m_order;
    MemoryAccount& m_account;
    TrainObserver& m_observer;
    std::stop_token m_stop;
    TrainConfig m_config;
    const RunData* m_data = nullptr;
    std::unique_ptr<TrainableModel> m_trainer;
    std::optional<TrainingLoop> m_loop;
    TrainSummary m_summary;
};

}  // namespace loom
