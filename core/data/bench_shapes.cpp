// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/bench_shapes.h"

#include "core/data/error.h"

namespace loom {
namespace {

void makeLlama(ModelConfig& c) { c.family = Family::Llama; }

void makePaper(ModelConfig& c) {
    c.family = Family::LatentLoom;
    c.positions = Positions::Learned;
    c.norm = NormKind::Layer;
    c.mlp = MlpKind::Gelu;
    c.mlpBias = true;
}

void makeJoint(ModelConfig& c, std::int64_t r) {
    c.family = Family::DeepseekV3;
    AttentionConfig& a = c.attention;
    a.headDim = 0;
    a.latent = Latent::Joint;
    a.kvLoraRank = r, a.qkNopeHeadDim = 64, a.qkRopeHeadDim = 32, a.vHeadDim = 64;
    a.ropeLayout = RopeLayout::Interleaved;
}

void setSize(ModelConfig& c, std::int64_t layers, std::int64_t D, std::int64_t heads, std::int64_t ffn, std::int64_t vocab) {
    c.layers = layers, c.dModel = D, c.ffnWidth = ffn, c.vocab = vocab, c.context = 512;
    c.attention.heads = c.attention.kvHeads = heads;
    c.attention.headDim = D / heads;
}

}  // namespace

const std::vector<std::string>& benchShapeNames() {
    static const std::vector<std::string> names{"S15", "P50", "P200", "P50-mha", "P50-mla", "demo-mha", "demo-mla"};
    return names;
}

ModelConfig benchShape(std::string_view name) {
    ModelConfig c;
    c.tieEmbeddings = true;
    c.normEps = 1e-5;
    if (name == "S15") {
        setSize(c, 6, 288, 6, 768, 32'000);
        makeLlama(c);
    } else if (name == "P50") {
        setSize(c, 9, 512, 8, 2048, 50'257);
        makePaper(c);
    } else if (name == "P200") {
        setSize(c, 12, 1024, 16, 4096, 50'257);
        makePaper(c);
    } else if (name == "P50-mha") {
        setSize(c, 9, 512, 8, 2048, 50'257);
        makeLlama(c);
    } else if (name == "P50-mla") {
        setSize(c, 9, 512, 8, 2048, 50'257);
        makeJoint(c, 256);
    } else if (name == "demo-mha") {
        setSize(c, 6, 256, 4, 688, 4096);
        makeLlama(c);
    } else if (name == "demo-mla") {
        setSize(c, 6, 256, 4, 704, 4096);
        makeJoint(c, 96);
    } else {
        std::string all;
        for (const std::string& known : benchShapeNames()) all.append(all.empty() ? "" : ", ").append(known);
        throw Error{"There is no shape '" + std::string(name) + "'", {}, "Choose one of " + all};
    }
    c.modelType = loom::name(c.family);
    return c;
}

}  // namespace loom
