// SPDX-License-Identifier: GPL-3.0-or-later
// Trainer: the network with gradients and AdamW.
#pragma once

#include <memory>

#include "core/engine/api/lab.h"

namespace loom::lab {

[[nodiscard]] std::unique_ptr<TrainableModel> makeTrainer(const Checkpoint& checkpoint, const TrainerOptions& options, int threads,
                                                          MemoryAccount& account);

}  // namespace loom::lab
