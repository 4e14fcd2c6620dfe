// SPDX-License-Identifier: GPL-3.0-or-later
// Attention: the interface that every form implements, and the step that all forms share.
#pragma once

#include <memory>

#include "core/data/byte_formulas.h"
#include "core/data/model_config.h"
#include "core/lab/model/past.h"
#include "core/lab/model/rope.h"
#include "core/lab/model/weights.h"

namespace loom::lab {

class Attention {
public:
    virtual ~Attention() = default;
    /// x [B, T, D] → [B, T, D]. Keeps the new rows in `past` and looks at everything that is there, never at later positions.
    /// Where `probabilities` is not null it receives the attention weights [B, H, T, S].
    [[nodiscard]] virtual Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const = 0;
};

/// The form that `config` names, decoding on `path` (which matters where there is a latent).
[[nodiscard]] std::unique_ptr<Attention> makeAttention(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights);

/// How scores become weights.
struct Softmax {
    double scale = 1.0;       ///< on the scores
    std::int64_t window = 0;  ///< how many keys a query sees, its own included; 0 = all before it
    Tensor unseen = {};       ///< Past::unseen(window); then T is 1

    /// The same over what `past` hands out.
    [[nodiscard]] Softmax over(const Past& past) const { return {scale, window, past.unseen(window)}; }
};

/// Softmax over the keys that each query may see. scores [B, H, T, S] → probabilities [B, H, T, S]; query t stands at position
/// i = S − T + t and sees keys j with 0 ≤ i − j (< window), or those that are not `unseen`. Computed in the type of the scores.
[[nodiscard]] Tensor causalSoftmax(const Tensor& scores, std::int64_t window = 0, const Tensor& unseen = {});

/// softmax(q·kᵀ · scale) · v, head by head. q [B, T, H, a], k [B, S, G, a], v [B, S, Gv, b] → [B, T, H·b].
/// Query head i reads key head ⌊i / (H/G)⌋ and value head ⌊i / (H/Gv)⌋.
[[nodiscard]] Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const Softmax& softmax, Tensor* probabilities);

}  // namespace loom::lab
