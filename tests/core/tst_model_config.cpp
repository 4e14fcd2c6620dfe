// SPDX-License-Identifier: GPL-3.0-or-later
// Parameter counts of published networks, from their configurations alone, and how forms are called.
#include <gtest/gtest.h>

#include "core/data/model_config.h"

namespace loom {
namespace {

ModelConfig gpt(std::int64_t L, std::int64_t D, std::int64_t H, std::int64_t V, std::int64_t context) {
    ModelConfig c;
    c.layers = L;
    c.dModel = D;
    c.vocab = V;
    c.context = context;
    c.ffnWidth = 4 * D;
    c.norm = NormKind::Layer;
    c.mlp = MlpKind::GeluTanh;
    c.mlpBias = true;
    c.positions = Positions::Learned;
    c.tieEmbeddings = true;
    c.attention.heads = c.attention.kvHeads = H;
    c.attention.headDim = D / H;
    c.attention.bias = true;
    return c;
}

ModelConfig llama(std::int64_t L, std::int64_t D, std::int64_t H, std::int64_t G, std::int64_t F, std::int64_t V) {
    ModelConfig c;
    c.layers = L;
    c.dModel = D;
    c.vocab = V;
    c.ffnWidth = F;
    c.attention.heads = H;
    c.attention.kvHeads = G;
    c.attention.headDim = D / H;
    return c;
}

ModelConfig deepseek(std::int64_t L, std::int64_t D, std::int64_t H, std::int64_t queryRank, std::int64_t F, std::int64_t V,
                     const MoeConfig& moe) {
    ModelConfig c = llama(L, D, H, H, F, V);
    AttentionConfig& a = c.attention;
    a.latent = Latent::Joint;
    a.headDim = 0;
    a.qLoraRank = queryRank;
    a.kvLoraRank = 512;
    a.qkNopeHeadDim = a.vHeadDim = 128;
    a.qkRopeHeadDim = 64;
    c.moe = moe;
    return c;
}

MoeConfig experts(std::int64_t count, std::int64_t first, std::int64_t perToken, std::int64_t width, std::int64_t shared,
                  ExpertScoring scoring) {
    MoeConfig moe;
    moe.experts = count;
    moe.firstLayer = first;
    moe.perToken = perToken;
    moe.width = width;
    moe.shared = shared;
    moe.scoring = scoring;
    return moe;
}

TEST(Parameters, ofPublishedNetworks) {
    EXPECT_EQ(countParameters(gpt(12, 768, 12, 50257, 1024)).total, 124'439'808) << "GPT-2";
    ModelConfig neo = gpt(12, 768, 12, 50257, 2048);
    neo.attention.bias = false;
    neo.attention.outputBias = true;
    EXPECT_EQ(countParameters(neo).total, 125'198'592) << "GPT-Neo 125M";
    ModelConfig pythia = gpt(6, 512, 8, 50304, 2048);
    pythia.positions = Positions::Rotary;
    pythia.tieEmbeddings = false;
    EXPECT_EQ(countParameters(pythia).total, 70'426'624) << "Pythia-70m";
    EXPECT_EQ(countParameters(llama(32, 4096, 32, 32, 11008, 32000)).total, 6'738'415'616) << "Llama-2-7B";
    EXPECT_EQ(countParameters(llama(32, 4096, 32, 8, 14336, 128256)).total, 8'030'261'248) << "Llama-3-8B";
    EXPECT_EQ(countParameters(deepseek(27, 2048, 16, 0, 10944, 102400, experts(64, 1, 6, 1408, 2, ExpertScoring::Softmax))).total,
              15'706'484'224)
        << "DeepSeek-V2-Lite";
    EXPECT_EQ(countParameters(deepseek(60, 5120, 128, 1536, 12288, 102400, experts(160, 1, 6, 1536, 2, ExpertScoring::Softmax))).total,
              235'741'434'880)
        << "DeepSeek-V2";
    EXPECT_EQ(countParameters(deepseek(61, 7168, 128, 1536, 18432, 129280, experts(256, 3, 8, 2048, 1, ExpertScoring::Sigmoid))).total,
              671'026'419'200)
        << "DeepSeek-V3";
}

TEST(Parameters, thatATokenUses) {
    const ModelConfig v2Lite = deepseek(27, 2048, 16, 0, 10944, 102400, experts(64, 1, 6, 1408, 2, ExpertScoring::Softmax));
    const ParameterCount count = countParameters(v2Lite);
    EXPECT_EQ(count.total - count.active, std::int64_t{26} * (64 - 6) * 3 * 2048 * 1408);
    const ParameterCount dense = countParameters(gpt(2, 64, 4, 100, 32));
    EXPECT_EQ(dense.active, dense.total);
    EXPECT_EQ(dense.total - dense.nonEmbedding, 100 * 64 + 32 * 64);
}

TEST(Parameters, ofSharedLatents) {
    ModelConfig c = gpt(1, 64, 4, 100, 32);
    const std::int64_t full = countParameters(c).total;
    c.attention.latent = Latent::SplitShared;
    c.attention.kRank = 10;
    c.attention.vRank = 12;
    // Two matrices and their biases go, two latents of all heads come.
    EXPECT_EQ(countParameters(c).total - full, (10 + 12) * (64 + 64) - 2 * (64 * 64 + 64));
    c.normBias = false;
    EXPECT_EQ(countParameters(c).total - full, (10 + 12) * (64 + 64) - 2 * (64 * 64 + 64) - 3 * 64);
}

TEST(Experts, areInTheLayersBehindTheFirstDenseOnes) {
    ModelConfig c = deepseek(5, 64, 2, 0, 128, 100, experts(4, 2, 1, 8, 0, ExpertScoring::Softmax));
    EXPECT_FALSE(c.hasExperts(LayerIndex{1}));
    EXPECT_TRUE(c.hasExperts(LayerIndex{2}));
    EXPECT_EQ(c.expertLayers(), 3);
    c.moe.firstLayer = 9;
    EXPECT_EQ(c.expertLayers(), 0);
    c.moe.experts = 0;
    c.moe.firstLayer = 0;
    EXPECT_EQ(c.expertLayers(), 0);
}

TEST(Names, ofForms) {
    AttentionConfig a;
    a.heads = a.kvHeads = 4;
    EXPECT_EQ(attentionFormName(a), "MHA");
    a.latent = Latent::SplitShared;
    EXPECT_EQ(attentionFormName(a), "MLA (shared latents)");
    EXPECT_EQ(name(Latent::SplitShared), "split_shared");
    EXPECT_EQ(name(MlpKind::GeluTanh), "gelu_tanh");
    EXPECT_EQ(name(Family::GptNeoX), "gpt_neox");
    EXPECT_EQ(name(ExpertScoring::Sigmoid), "sigmoid");
}

}  // namespace
}  // namespace loom
