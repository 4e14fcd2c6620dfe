// SPDX-License-Identifier: GPL-3.0-or-later
// Score parts: how much of a joint latent's score comes from what a word says and how much from where it stands.
#include <ATen/ops/matmul.h>

#include "core/data/error.h"
#include "core/lab/inspect/attention_capture.h"
#include "core/lab/inspect/looks.h"
#include "core/lab/inspect/text_run.h"
#include "core/lab/model/joint_latent.h"

namespace loom::lab {

ScoreParts scoreParts(const Network& network, const Tensor& tokens, LayerIndex layer, const std::stop_token& stop) {
    const ModelConfig& config = network.config;
    const AttentionConfig& a = config.attention;
    if (a.latent != Latent::Joint) {
        throw Error{"The scores of this network have no content and position parts: its rotation turns whole keys", attentionFormName(a),
                    "Only a joint latent with a rotary key of its own adds them up"};
    }
    const std::int64_t T = tokens.size(1);
    const Tensor stream = streamBefore(*network.naive, tokens, layer.value(), stop);  // [1, T, D]
    const Tensor x = network.weights->norm(layerPrefix(layer) + "input_layernorm", config.norm, config.normEps,
                                           config.normBias)(stream);  // [1, T, D]
    const JointLatent latent(config, layer, *network.weights);
    const Rope rope = network.naive->rope(0, T);

    const auto [qC, qR] = latent.query(x, rope);                                                   // [1, T, H, dN], [1, T, H, dR]
    const auto [c, kR] = latent.key(x, rope);                                                      // [1, T, r], [1, T, dR]
    const Tensor kC = latent.up()(c).unflatten(-1, {a.heads, -1}).narrow(-1, 0, a.qkNopeHeadDim);  // [1, T, H, dN]
    const auto scores = [&](const Tensor& q, const Tensor& k) {  // [1, T, H, n], [1, T, H or 1, n] → [H, T, T]
        return (at::matmul(q[0].transpose(0, 1), k[0].permute({1, 2, 0})) * latent.scale()).tril();
    };
    return {layer, a.heads, T, floats(scores(qC, kC)), floats(scores(qR, kR.unsqueeze(2)))};
}

}  // namespace loom::lab
