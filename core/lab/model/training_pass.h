// SPDX-License-Identifier: GPL-3.0-or-later
// TrainingPass: what a forward pass does besides computing, while a network is trained.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lab/model/dropout.h"

namespace loom::lab {

/// How evenly experts are used, gathered over a step, and the penalty for what is uneven (DeepSeek-V3, arXiv 2412.19437, equations 17–20).
struct ExpertBalance {
    std::vector<std::vector<std::int64_t>> uses;  ///< by layer, by expert: tokens that chose it; empty for dense layers
    /// Sum over layers of Σ_e f_e · P_e, mean over the texts of a batch: f_e is the share of choices that fell on expert e, times the
    /// number of experts (without gradient), P_e the mean of its score. 1 where everything is even. A scalar; undefined until a layer had
    /// experts.
    Tensor penalty;
};

struct TrainingPass {
    Dropout dropout;
    ExpertBalance* balance = nullptr;  ///< where given, layers with experts add to it
};

}  // namespace loom::lab
