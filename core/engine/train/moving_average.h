// SPDX-License-Identifier: GPL-3.0-or-later
// MovingAverage: an exponential moving average of a network's weights beside the weights themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/engine/api/training.h"

namespace loom {

/// average ← β average + (1 − β) weights after each step, with β = min(decay, (1 + step) / (10 + step)), so that the first weights, which
/// are noise, soon count for nothing. f32, in host memory.
class MovingAverage {
public:
    /// Begins with the trainer's weights. Throws Error where they cannot be had.
    MovingAverage(double decay, TrainableModel& trainer);

    /// After optimiser step `step`, which counts from 1.
    void take(TrainableModel& trainer, std::int64_t step);
    /// The average under the weights' own names; valid until the next change.
    [[nodiscard]] std::vector<TensorToWrite> tensors() const { return named(""); }
    /// The same as "ema.NAME", for the saved state.
    [[nodiscard]] std::vector<TensorToWrite> state() const { return named("ema."); }
    /// From a saved state. Throws Error naming what is missing or misshapen.
    void restore(const std::map<std::string, TensorView, std::less<>>& saved);
    [[nodiscard]] std::int64_t bytes() const;

private:
    [[nodiscard]] std::vector<TensorToWrite> named(const std::string& prefix) const;

    struct Part {
        std::string name;
        std::vector<std::int64_t> shape;
        std::vector<float> values;
    };
    double m_decay;
    std::vector<Part> m_parts;
};

/// While one lives, the trainer computes with the average; afterwards with its own weights again. Moments are not touched.
class AverageInUse {
public:
    AverageInUse(const MovingAverage& average, TrainableModel& trainer);
    ~AverageInUse();
    AverageInUse(const AverageInUse&) = delete;
    AverageInUse& operator=(const AverageInUse&) = delete;

private:
    TrainableModel& m_trainer;
    std::map<std::string, std::vector<std::byte>> m_own;
};

}  // namespace loom
