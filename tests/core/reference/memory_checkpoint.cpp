// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints in memory with random weights.
#include "tests/core/reference/memory_checkpoint.h"

#include <cstring>
#include <stdexcept>

#include "tests/support/tiny_checkpoint.h"

namespace loom::test {
namespace {

ModelConfig baseConfig() {
    ModelConfig c;
    c.modelType = "llama";
    c.dModel = 24;
    c.layers = 2;
    c.vocab = 31;
    c.context = 128;
    c.ffnWidth = 37;
    c.attention.heads = 4;
    c.attention.kvHeads = 4;
    c.attention.headDim = 6;
    return c;
}

ModelConfig jointConfig() {
    ModelConfig c = baseConfig();
    c.family = Family::DeepseekV3;
    c.modelType = "deepseek_v3";
    c.normEps = 1e-2;  // far from the latent norms' 1e-6, so that a mix-up shows
    AttentionConfig& a = c.attention;
    a.latent = Latent::Joint;
    a.headDim = 0;
    a.kvLoraRank = 10;
    a.qkNopeHeadDim = 5;
    a.qkRopeHeadDim = 4;
    a.vHeadDim = 7;
    a.ropeLayout = RopeLayout::Interleaved;
    return c;
}

/// A GPT-style block: LayerNorm, gelu, biases, learned positions.
ModelConfig gptConfig() {
    ModelConfig c = baseConfig();
    c.family = Family::LatentLoom;
    c.modelType = "latentloom";
    c.positions = Positions::Learned;
    c.norm = NormKind::Layer;
    c.mlp = MlpKind::Gelu;
    c.mlpBias = true;
    return c;
}

/// The paper's latent per head, with rotary positions after the key is rebuilt.
ModelConfig paperConfig() {
    ModelConfig c = gptConfig();
    c.positions = Positions::Rotary;
    c.attention.latent = Latent::PerHead;
    c.attention.kRank = 3;
    c.attention.vRank = 4;
    return c;
}

/// Keys and values from one latent each for all heads; the second half of a head is rotated.
ModelConfig sharedConfig() {
    ModelConfig c = gptConfig();
    c.positions = Positions::Rotary;
    AttentionConfig& a = c.attention;
    a.latent = Latent::SplitShared;
    a.headDim = 8;
    a.rotaryDim = 4;
    a.rotaryStart = 4;
    a.kRank = 9;
    a.vRank = 10;
    return c;
}

/// Experts in the second layer: 8 in 4 groups, of which a token uses 3 from 2 groups.
MoeConfig someExperts(ExpertScoring scoring) {
    MoeConfig moe;
    moe.experts = 8;
    moe.firstLayer = 1;
    moe.perToken = 3;
    moe.width = 11;
    moe.shared = 2;
    moe.groups = 4;
    moe.topGroups = 2;
    moe.scale = 1.7;
    moe.scoring = scoring;
    moe.normalised = scoring == ExpertScoring::Sigmoid;
    return moe;
}

RopeScaling scaling(RopeScalingKind kind, std::int64_t originalContext) {
    RopeScaling s;
    s.kind = kind;
    s.factor = 4.0;
    s.originalContext = originalContext;
    return s;
}

ModelConfig scaledConfig(RopeScalingKind kind) {
    ModelConfig c = baseConfig();
    c.attention.headDim = 16;
    c.attention.ropeTheta = 100.0;  // so that slow, fast and middling pairs are all there
    c.attention.ropeScaling = scaling(kind, 32);
    return c;
}

template <class Change>
ModelConfig changed(ModelConfig config, Change change) {
    change(config);
    return config;
}

}  // namespace

std::vector<NetworkCase> networkCases() {
    return {
        {"mha", baseConfig()},
        {"mhaTied", changed(baseConfig(), [](ModelConfig& c) { c.tieEmbeddings = true; })},
        {"mhaInterleaved", changed(baseConfig(), [](ModelConfig& c) { c.attention.ropeLayout = RopeLayout::Interleaved; })},
        {"mhaWideHeads", changed(baseConfig(), [](ModelConfig& c) { c.attention.headDim = 10; })},
        {"gqa", changed(baseConfig(), [](ModelConfig& c) { c.attention.kvHeads = 2; })},
        {"gqaBiases", changed(baseConfig(),
                              [](ModelConfig& c) {
                                  c.attention.kvHeads = 2;
                                  c.attention.bias = true;
                                  c.mlpBias = true;
                                  c.attention.ropeTheta = 500.0;
                              })},
        {"mqa", changed(baseConfig(), [](ModelConfig& c) { c.attention.kvHeads = 1; })},
        {"joint", jointConfig()},
        {"jointHalf", changed(jointConfig(), [](ModelConfig& c) { c.attention.ropeLayout = RopeLayout::Half; })},
        {"jointQueryRank", changed(jointConfig(), [](ModelConfig& c) { c.attention.qLoraRank = 9; })},
        {"jointQueryRankBiases", changed(jointConfig(),
                                         [](ModelConfig& c) {
                                             c.attention.qLoraRank = 9;
                                             c.attention.bias = true;
                                             c.tieEmbeddings = true;
                                         })},
        {"jointWithoutLatentNorm", changed(jointConfig(),
                                           [](ModelConfig& c) {
                                               c.attention.qLoraRank = 9;
                                               c.attention.latentNorm = false;
                                           })},
        {"gpt", gptConfig()},
        {"gptBiasesTied", changed(gptConfig(),
                                  [](ModelConfig& c) {
                                      c.attention.bias = true;
                                      c.tieEmbeddings = true;
                                  })},
        {"paperRotary", paperConfig()},
        {"paperLearned", changed(paperConfig(), [](ModelConfig& c) { c.positions = Positions::Learned; })},
        {"paperNoPositions", changed(paperConfig(),
                                     [](ModelConfig& c) {
                                         c.positions = Positions::None;
                                         c.norm = NormKind::Rms;
                                         c.mlp = MlpKind::SwiGlu;
                                         c.mlpBias = false;
                                     })},
        {"paperLatentNorm", changed(paperConfig(), [](ModelConfig& c) { c.attention.latentNorm = true; })},
        {"paperLatentNormLearned", changed(paperConfig(),
                                           [](ModelConfig& c) {
                                               c.positions = Positions::Learned;
                                               c.attention.latentNorm = true;
                                           })},
        {"shared", sharedConfig()},
        {"sharedLatentNorm", changed(sharedConfig(), [](ModelConfig& c) { c.attention.latentNorm = true; })},
        {"sharedLearned", changed(sharedConfig(), [](ModelConfig& c) { c.positions = Positions::Learned; })},
        {"scaledLinear", scaledConfig(RopeScalingKind::Linear)},
        {"scaledLlama3", scaledConfig(RopeScalingKind::Llama3)},
        {"scaledYarn", scaledConfig(RopeScalingKind::Yarn)},
        {"scaledYarnUntruncated", changed(scaledConfig(RopeScalingKind::Yarn),
                                          [](ModelConfig& c) {
                                              c.attention.ropeScaling.truncate = false;
                                              c.attention.ropeScaling.attentionFactor = 0.8;
                                              c.attention.ropeScaling.betaFast = 4.0;
                                          })},
        {"jointYarn", changed(jointConfig(),
                              [](ModelConfig& c) {
                                  c.attention.qkRopeHeadDim = 8;
                                  c.attention.ropeScaling = scaling(RopeScalingKind::Yarn, 32);
                                  c.attention.ropeScaling.mscale = 0.7;
                                  c.attention.ropeScaling.mscaleAllDim = 1.3;
                              })},
        {"partialRotary", changed(baseConfig(),
                                  [](ModelConfig& c) {
                                      c.attention.headDim = 10;
                                      c.attention.rotaryDim = 4;
                                      c.attention.kvHeads = 2;
                                  })},
        {"gpt2", changed(gptConfig(),
                         [](ModelConfig& c) {
                             c.mlp = MlpKind::GeluTanh;
                             c.attention.bias = true;
                             c.attention.scaledByLayer = true;
                         })},
        {"gptNeo", changed(gptConfig(),
                           [](ModelConfig& c) {
                               c.mlp = MlpKind::GeluTanh;
                               c.attention.outputBias = true;
                               c.attention.scaled = false;
                               c.attention.windows = {5, 0};
                           })},
        {"neoX", changed(gptConfig(),
                         [](ModelConfig& c) {
                             c.positions = Positions::Rotary;
                             c.attention.headDim = 8;
                             c.attention.rotaryDim = 2;
                             c.attention.bias = true;
                             c.parallelResidual = true;
                         })},
        {"nanoGptWithoutBiases", changed(gptConfig(),
                                         [](ModelConfig& c) {
                                             c.mlpBias = false;
                                             c.normBias = false;
                                         })},
        {"expertsSoftmax", changed(jointConfig(), [](ModelConfig& c) { c.moe = someExperts(ExpertScoring::Softmax); })},
        {"expertsSigmoid", changed(jointConfig(),
                                   [](ModelConfig& c) {
                                       c.moe = someExperts(ExpertScoring::Sigmoid);
                                       c.moe.firstLayer = 0;
                                   })},
        {"expertsGreedyWithBiases", changed(baseConfig(),
                                            [](ModelConfig& c) {
                                                c.moe = someExperts(ExpertScoring::Softmax);
                                                c.moe.groups = c.moe.topGroups = 1;
                                                c.moe.shared = 0;
                                                c.mlpBias = true;
                                            })},
    };
}

ModelConfig networkCase(const std::string& name) {
    for (const NetworkCase& each : networkCases()) {
        if (each.name == name) return each.config;
    }
    throw std::invalid_argument("no case is called " + name);
}

Checkpoint memoryCheckpoint(const ModelConfig& config, std::uint64_t seed) {
    const std::vector<TensorSpec> specs = expectedTensors(config);
    auto bytes = std::make_shared<std::vector<std::vector<std::byte>>>();
    Checkpoint checkpoint;
    checkpoint.config = config;
    for (const TensorSpec& spec : specs) {
        const std::vector<float> values = tinyWeights(spec, seed);
        const std::size_t size = values.size() * sizeof(float);
        std::vector<std::byte>& stored = bytes->emplace_back(size + 1);
        std::memcpy(stored.data() + 1, values.data(), size);
        checkpoint.tensors[spec.name] = {DType::F32, spec.shape, std::span<const std::byte>(stored.data() + 1, size)};
    }
    checkpoint.storage = bytes;
    return checkpoint;
}

TokenIds someTokens(std::int64_t count, std::int64_t vocab) {
    TokenIds tokens;
    for (std::int64_t i = 0; i < count; ++i) tokens.emplace_back((i * i * 7 + 3 * i + 5) % vocab);
    return tokens;
}

}  // namespace loom::test
