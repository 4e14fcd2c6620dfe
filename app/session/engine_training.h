// SPDX-License-Identifier: GPL-3.0-or-later
// The engine as the Train page needs it: runs in the person's data folder, presets, plans.
#pragma once

#include <memory>
#include <string>

#include "app/session/training_backend.h"

namespace loom::session {

[[nodiscard]] std::unique_ptr<TrainingBackend> makeEngineTraining();

/// The configuration of a network of one's own, as JSON that parseTrainConfig() reads. Without a vocabulary: the
/// tokenizer says it.
[[nodiscard]] std::string ownConfigText(const TrainSetup& setup);

}  // namespace loom::session
