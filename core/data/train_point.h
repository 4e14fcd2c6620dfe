// SPDX-License-Identifier: GPL-3.0-or-later
// TrainPoint: what one step of a training run was like.
#pragma once

#include <cstdint>
#include <optional>

namespace loom {

struct TrainPoint {
    std::int64_t step = 0;  ///< counts from 1
    double loss = 0;        ///< nats per token, of this step's batches before the step
    double learningRate = 0;
    double gradientNorm = 0;                       ///< before clipping
    double seconds = 0;                            ///< since the run began, pauses left out
    std::int64_t tokens = 0;                       ///< seen so far
    std::optional<double> validationLoss;          ///< nats per token, after the step; only where it was measured
    std::optional<std::int64_t> memoryBytes = {};  ///< counted at the step's highest moment; only where it was recorded
    std::optional<double> expertLoad = {};  ///< tokens of the most used expert over those of an even share; networks with experts only
};

}  // namespace loom
