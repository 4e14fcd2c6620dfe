// SPDX-License-Identifier: GPL-3.0-or-later
// Named shapes that benchmarks measure.
#pragma once

#include <string>

#include "core/data/error.h"
#include "core/data/model_config.h"

namespace loom::bench {

/// S15: Llama, 6 layers, D 288, 6 heads, ffn 768, V 32,000. P50: the paper's model, 9 layers, D 512, 8 heads, ffn 2048, GELU, learned
/// positions, with V 4,096. demo-mha and demo-mla: the shipped pair. Throws Error for another name.
inline ModelConfig shapeNamed(const std::string& name) {
    ModelConfig c;
    c.tieEmbeddings = true;
    c.normEps = 1e-5;
    AttentionConfig& a = c.attention;
    if (name == "S15") {
        c.family = Family::Llama;
        c.dModel = 288, c.layers = 6, c.vocab = 32'000, c.context = 256, c.ffnWidth = 768;
        a.heads = a.kvHeads = 6, a.headDim = 48;
    } else if (name == "P50") {
        c.family = Family::LatentLoom;
        c.dModel = 512, c.layers = 9, c.vocab = 4096, c.context = 512, c.ffnWidth = 2048;
        c.positions = Positions::Learned, c.norm = NormKind::Layer, c.mlp = MlpKind::Gelu, c.mlpBias = true;
        a.heads = a.kvHeads = 8, a.headDim = 64;
    } else if (name == "demo-mha" || name == "demo-mla") {
        c.dModel = 256, c.layers = 6, c.vocab = 4096, c.context = 512;
        a.heads = a.kvHeads = 4;
        if (name == "demo-mha") {
            c.family = Family::Llama;
            c.ffnWidth = 688;
            a.headDim = 64;
        } else {
            c.family = Family::DeepseekV3;
            c.ffnWidth = 704;
            a.latent = Latent::Joint;
            a.kvLoraRank = 96, a.qkNopeHeadDim = 64, a.qkRopeHeadDim = 32, a.vHeadDim = 64;
            a.ropeLayout = RopeLayout::Interleaved;
        }
    } else {
        throw Error{"There is no shape '" + name + "'", {}, "Choose S15, P50, demo-mha or demo-mla"};
    }
    c.modelType = loom::name(c.family);
    return c;
}

}  // namespace loom::bench
