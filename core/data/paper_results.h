// SPDX-License-Identifier: GPL-3.0-or-later
// What arXiv 2506.09342 reports of its nine layers of width 512 (8 heads, context 512, 50,000 steps of 128 TinyStories), as it prints it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace loom {

struct PaperResult {
    std::string variant;                   ///< as the paper calls it
    std::string preset;                    ///< the same network here
    std::optional<double> validationLoss;  ///< nats per token; none where the paper gives only a difference
    std::optional<double> againstMha;      ///< relative difference of the loss, +0.003 = 0.3 % worse; none for MHA itself
};

/// In the paper's order, MHA first.
[[nodiscard]] const std::vector<PaperResult>& paperResults();

}  // namespace loom
