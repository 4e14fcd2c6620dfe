// SPDX-License-Identifier: GPL-3.0-or-later
// TrainingPlan: what a training run will take, said before it begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loom {

/// Bytes alive at the step's highest moment, by what they are for. Estimated from shapes.
struct TrainingMemory {
    std::int64_t weights = 0;      ///< and their rounded copies where products are bf16
    std::int64_t gradients = 0;    ///< all of them together, as they are when the optimiser begins
    std::int64_t optimiser = 0;    ///< AdamW's two moments
    std::int64_t activations = 0;  ///< what a step keeps and needs for a while, gradients left out
    std::int64_t average = 0;      ///< the moving average of the weights, where one is kept
    [[nodiscard]] std::int64_t total() const { return weights + gradients + optimiser + activations + average; }
};

/// One of several twins.
struct TwinShape {
    std::string folder;  ///< "mla-deepseek-r64"
    std::int64_t parameters = 0;
    std::int64_t feedForward = 0;  ///< intermediate_size, by which twins are matched
    std::int64_t kept = 0;         ///< numbers that its cache keeps per token and layer
};

struct TrainingPlan {
    std::int64_t parameters = 0;
    std::int64_t nonEmbedding = 0;
    std::int64_t tokensPerStep = 0;
    std::int64_t steps = 0;
    TrainingMemory memory;
    std::optional<std::int64_t> available;  ///< bytes that could be had now; none where the system does not say
    bool fits = true;                       ///< memory.total() lies within what is available
    std::optional<double> secondsPerStep;   ///< measured here; none = not yet
    std::vector<TwinShape> twins;           ///< where there are several: parameters, memory and seconds are those of all
    std::string sentence;                   ///< "1.2 M parameters, 310 MB of 7.5 GB, about 9 min for 1,200 steps of 2,048 tokens."

    [[nodiscard]] std::int64_t tokens() const { return steps * tokensPerStep; }
    [[nodiscard]] std::optional<double> seconds() const {
        return secondsPerStep ? std::optional(*secondsPerStep * static_cast<double>(steps)) : std::nullopt;
    }
};

}  // namespace loom
