// SPDX-License-Identifier: GPL-3.0-or-later
// Twins: the same network with several attention forms, trained on identical batches.
//
// They take steps in turns, always the one that is furthest behind: curves grow together, batches are made from one data set, and a group
// that was killed in the middle of a round goes on with the twin that has fewer steps. All of them are in memory; what a step needs for a
// while is needed once.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/training_plan.h"
#include "core/engine/train/training_run.h"
#include "core/engine/train/twin_group.h"

namespace loom {

struct TwinsOrder {
    /// `run` is the group's folder, in which every twin has a run of its own. Its configuration is the first twin's but for attention.
    TrainOrder common;
    std::vector<std::string> forms;  ///< as core/data/attention_forms.h names them, at least two; not for a group that is resumed
    TwinMatch match = TwinMatch::Parameters;
};

/// Called on the training thread. A run alone can be told as one twin without a name.
class TwinsObserver {
public:
    virtual ~TwinsObserver() = default;
    /// What concerns all of them: phases and notes.
    [[nodiscard]] virtual TrainObserver& group() = 0;
    /// Of one twin, in the order of the group; asked for once, before the first step. It must live as long as the group is trained.
    [[nodiscard]] virtual TrainObserver& twin(std::size_t index, const std::string& name) = 0;
};

/// The twins' configurations: the forms of `json` (complete but perhaps for vocab_size), matched to the first by the width of their
/// feed-forward networks, named, and pointing at each other. Throws Error: fewer than two forms, one twice, one that is unknown or cannot
/// be matched.
struct TwinConfig {
    std::string folder;  ///< "mla-deepseek-r64"
    TrainConfig config;
};
/// The folders of these forms within their group: "mla-deepseek:r=64" → "mla-deepseek-r64".
[[nodiscard]] std::vector<std::string> twinFolders(const std::vector<std::string>& forms);
[[nodiscard]] std::vector<TwinConfig> twinConfigs(const std::string& json, const std::vector<std::string>& forms, TwinMatch match,
                                                  std::int64_t vocab, const std::string& where);

/// Memory and time of all twins together: steps of each, activations of the one that needs most.
[[nodiscard]] TrainingPlan planTwins(const std::vector<TwinConfig>& twins, std::optional<double> secondsPerRound = {},
                                     std::optional<std::int64_t> available = {});

/// Trains them, or goes on with a group (`common.resume`; twins that are no longer there are left out). Results in the order of the group.
/// A stop request saves every twin. An Error of one ends all, after the others were saved.
std::vector<TrainSummary> trainTwins(const TwinsOrder& order, TwinsObserver& observer, std::stop_token stop);

}  // namespace loom
