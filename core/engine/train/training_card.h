// SPDX-License-Identifier: GPL-3.0-or-later
// training.json: the model card that a training run writes beside its checkpoint.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/data/train_point.h"
#include "core/engine/evaluate/evaluate.h"
#include "core/engine/train/run_samples.h"
#include "core/engine/train/train_config.h"

namespace loom {

struct TrainingCard {
    TrainConfig config;
    std::int64_t stories = 0, bytes = 0, tokens = 0;  ///< of the training data
    std::vector<TrainPoint> points;
    std::string resultData;            ///< what the result was measured on
    std::optional<Evaluation> result;  ///< on whole held-out stories
    std::vector<SampleStory> samples;
};

/// Atomic. The curve is thinned to some two hundred points: means of the training loss, and every validation loss.
void writeTrainingCard(const std::filesystem::path& folder, const TrainingCard& card);

}  // namespace loom
