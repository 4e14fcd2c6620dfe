// SPDX-License-Identifier: GPL-3.0-or-later
// XTC ("exclude top choices", p-e-w 2024, github.com/oobabooga/text-generation-webui/pull/6335).
#pragma once

#include "core/engine/generate/samplers/candidates.h"

namespace loom {

/// Where at least two tokens have the probability `threshold` or more, only the least likely of these stays of them. Does so if `uniform`,
/// a random number in [0, 1), is below `probability`. No token is spared for what it means: an end of the text may be excluded too.
void excludeTopChoices(Candidates& candidates, double probability, double threshold, float uniform);

}  // namespace loom
