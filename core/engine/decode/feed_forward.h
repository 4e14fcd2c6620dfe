// SPDX-License-Identifier: GPL-3.0-or-later
// Feed-forward networks of a step's rows: one for all, or experts.
#pragma once

#include <cstdint>

#include "core/engine/decode/worker.h"

namespace loom::decode {

/// The first half: space.hidden or, with SwiGLU, space.activated from row `first` on gets the activated values of x [count, D]; complete
/// once the threads have met.
void activate(const Worker& worker, const FeedForwardWeights& weights, const ActivationsView& x, std::int64_t first, std::int64_t count);
/// Those values, and their stride.
struct Activated {
    const float* data = nullptr;
    std::int64_t stride = 0;
};
[[nodiscard]] Activated activated(const Worker& worker, const FeedForwardWeights& weights, std::int64_t first);

/// F(x) of rows x [count, D] into out [count, D]: this thread's elements of it, the range that is returned. The threads meet inside.
ThreadTeam::Range feedForward(const Worker& worker, const FeedForwardWeights& weights, const ActivationsView& x, std::int64_t count,
                              float* out);

/// Σ_k w_k · E_k(x) + shared(x) likewise (core/lab/model/experts.h); x [count, D] is not yet normalised.
ThreadTeam::Range experts(const Worker& worker, const LayerWeights& weights, const float* x, std::int64_t count, float* out);

}  // namespace loom::decode
