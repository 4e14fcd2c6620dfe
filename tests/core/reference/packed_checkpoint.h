// SPDX-License-Identifier: GPL-3.0-or-later
// A checkpoint whose weights are what the fast path makes of them: rounded or quantised, and read back as f32.
#pragma once

#include "core/data/byte_formulas.h"
#include "core/data/precision.h"
#include "core/engine/checkpoint/checkpoint.h"

namespace loom::test {

/// For networks whose tensors are f32. Up-projections that `path` absorbs are quantised along the other axis, as they are packed.
[[nodiscard]] Checkpoint packedCheckpoint(const Checkpoint& checkpoint, Precision precision, MlaPath path);

}  // namespace loom::test
