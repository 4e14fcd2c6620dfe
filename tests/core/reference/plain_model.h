// SPDX-License-Identifier: GPL-3.0-or-later
// The network once more, in plain loops over doubles and straight from the equations: what the reference is checked against.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine/checkpoint/checkpoint.h"

namespace loom::test {

struct PlainResult {
    std::vector<double> logits;                  ///< [T, V]
    std::vector<std::vector<double>> attention;  ///< per layer [H, T, T], 0 above the diagonal
};

/// One text from position 0, without any cache. The checkpoint's tensors must be f32.
[[nodiscard]] PlainResult plainForward(const Checkpoint& checkpoint, const TokenIds& tokens);

}  // namespace loom::test
