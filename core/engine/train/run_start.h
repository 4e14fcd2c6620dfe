// SPDX-License-Identifier: GPL-3.0-or-later
// What a new run, or a group of twins, begins with: the configuration, a tokenizer, the data.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/engine/train/run_data.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/training_run.h"

namespace loom {

/// The configuration that the order asks for, as JSON: its steps and seed are in it.
[[nodiscard]] std::string orderedConfig(const TrainOrder& order);
/// "the preset 2-minutes", or the file.
[[nodiscard]] std::string configName(const TrainOrder& order);
/// Where runs with that many threads asked for (0 = none were) compute.
[[nodiscard]] std::int64_t threadsFor(const TrainOrder& order);

/// A tokenizer that was given, or that is learnt into a scratch folder in `folder` and removed with this object.
class RunTokenizer {
public:
    /// `asked`: the vocabulary that the configuration insists on, 0 = none. Throws Error: one that a run cannot keep, data with too little
    /// text for `asked`, no data, and when stopped.
    RunTokenizer(const TrainOrder& order, const std::filesystem::path& folder, std::int64_t asked, const PhaseReport& report,
                 const std::stop_token& stop);
    ~RunTokenizer();
    RunTokenizer(const RunTokenizer&) = delete;
    RunTokenizer& operator=(const RunTokenizer&) = delete;

    [[nodiscard]] const std::filesystem::path& source() const { return m_source; }
    [[nodiscard]] std::int64_t vocabulary() const { return m_vocabulary; }

private:
    std::filesystem::path m_source, m_scratch;
    std::int64_t m_vocabulary = 0;
};

/// With as many steps as fit the minutes that the order allows all networks together; unchanged where it says none.
[[nodiscard]] std::vector<TrainConfig> withinTime(std::vector<TrainConfig> configs, const TrainOrder& order, const PhaseReport& report,
                                                  const std::stop_token& stop);

/// Of a new run. Paths of the data are made absolute.
[[nodiscard]] RunRequest requestFor(const TrainOrder& order, const TrainConfig& config, const RunData& data);
/// Where a resumed run finds its data: as it was begun, or moved.
[[nodiscard]] DataOrder dataFor(const TrainOrder& order, const RunRequest& request);
/// Throws Error where the data is not what the run was begun with.
void requireSameData(const RunData& data, const RunRequest& request);

/// Folder of encoded stories.
[[nodiscard]] std::filesystem::path tokenCache(const TrainOrder& order);

}  // namespace loom
