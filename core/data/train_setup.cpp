// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/train_setup.h"

namespace loom {

ModelConfig configOf(const OwnShape& s) {
    ModelConfig config;
    config.dModel = s.width;
    config.layers = s.layers;
    config.vocab = s.vocab;
    config.context = s.context;
    config.ffnWidth = s.feedForward;
    config.tieEmbeddings = true;
    AttentionConfig& a = config.attention;
    a.latent = s.form;
    a.heads = a.kvHeads = s.heads;
    const std::int64_t perHead = s.heads > 0 ? s.width / s.heads : 0;
    switch (s.form) {
        case Latent::Joint:
            config.family = Family::DeepseekV3;
            config.modelType = "deepseek_v3";
            a.kvLoraRank = s.rank;
            a.qkNopeHeadDim = a.vHeadDim = perHead;
            a.qkRopeHeadDim = s.rotary;
            a.ropeLayout = RopeLayout::Interleaved;
            break;
        case Latent::PerHead:
            config.family = Family::LatentLoom;
            config.modelType = "latentloom";
            a.headDim = perHead;
            a.kRank = a.vRank = s.rank;
            break;
        default:
            config.family = Family::Llama;
            config.modelType = "llama";
            a.headDim = perHead;
            break;
    }
    return config;
}

std::string problemWith(const OwnShape& s) {
    if (s.width < 1 || s.layers < 1 || s.heads < 1 || s.feedForward < 1 || s.context < 1 || s.vocab < 1)
        return "Every size must be at least 1.";
    if (s.width % s.heads != 0)
        return "The width " + std::to_string(s.width) + " cannot be divided among " + std::to_string(s.heads) + " heads.";
    const std::int64_t perHead = s.width / s.heads;
    if (s.form != Latent::Joint && perHead % 2 != 0)
        return "A head of " + std::to_string(perHead) + " numbers cannot be rotated: it must be even.";
    if (s.form == Latent::Joint && (s.rotary < 2 || s.rotary % 2 != 0)) return "The rotary key must be even, at least 2.";
    if (s.form == Latent::None) return {};
    if (s.rank < 1) return "The latent must keep at least 1 number.";
    const std::int64_t most = s.form == Latent::Joint ? s.width : perHead;
    if (s.rank > most) {
        return "The latent keeps " + std::to_string(s.rank) + " numbers, more than the " + std::to_string(most) +
               (s.form == Latent::Joint ? " that it is made of." : " of the head that it stands for.");
    }
    return {};
}

}  // namespace loom
