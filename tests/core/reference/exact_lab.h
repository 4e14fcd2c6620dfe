// SPDX-License-Identifier: GPL-3.0-or-later
// The lab's network computing in f64, with results that are not rounded to f32: for checks at 1e-10. Torch stays in the .cpp.
#pragma once

#include <memory>
#include <vector>

#include "core/data/byte_formulas.h"
#include "core/engine/checkpoint/checkpoint.h"

namespace loom::test {

class ExactLab {
public:
    ExactLab(const Checkpoint& checkpoint, MlaPath path);
    ~ExactLab();

    /// All at once, without a cache: [T, V].
    [[nodiscard]] std::vector<double> logits(const TokenIds& tokens) const;
    /// Through a cache in blocks of these sizes, which must sum to the number of tokens: [T, V].
    [[nodiscard]] std::vector<double> logitsInBlocks(const TokenIds& tokens, const std::vector<std::int64_t>& blocks) const;
    /// Attention weights of one layer: [H, T, T].
    [[nodiscard]] std::vector<double> attention(const TokenIds& tokens, LayerIndex layer) const;

private:
    struct Inside;
    std::unique_ptr<Inside> m_inside;
};

/// The largest difference between two lists, infinity where their lengths differ or a value is not finite.
[[nodiscard]] double largestDifference(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace loom::test
