// SPDX-License-Identifier: GPL-3.0-or-later
// Workspace: how large everything must be.
#include "core/engine/decode/workspace.h"

#include <algorithm>

#include "core/engine/decode/block_cache.h"

namespace loom::decode {
namespace {

void grow(Floats& to, std::int64_t size, BufferAllocator& allocator) {
    if (to.size() < size) to.memory = allocator.allocate(MemoryKind::Activations, size * static_cast<std::int64_t>(sizeof(float)));
}

/// The widest vector that a matrix reads.
std::int64_t widestInput(const ModelConfig& config) {
    const AttentionConfig& a = config.attention;
    return std::max({config.dModel, a.heads * a.valueHeadDim(), config.ffnWidth, a.qLoraRank, a.kvLoraRank, a.qkHeadDim(), a.kRank, a.vRank,
                     config.moe.width, config.moe.shared * config.moe.width});
}

std::int64_t widestLane(const ModelConfig& config) {
    std::int64_t widest = 0;
    for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
        for (const LaneSpec& lane : cacheSpec(config, path, DType::F32).lanes) widest = std::max(widest, lane.width);
    }
    return widest;
}

}  // namespace

void Workspace::reserveShared(const ModelConfig& config, const DecodeWeights& weights, BufferAllocator& allocator) {
    const AttentionConfig& a = config.attention;
    const MoeConfig& moe = config.moe;
    const std::int64_t R = kStepRows;
    const std::int64_t D = config.dModel;
    const std::int64_t N = moe.experts > 0 ? R * moe.perToken : 0;
    const std::int64_t turns = config.mlp == MlpKind::SwiGlu ? 2 : 1;
    const std::int64_t F = std::max(config.ffnWidth, moe.shared * moe.width);
    grow(stream, R * D, allocator);
    grow(attention, R * D, allocator);
    grow(network, R * D, allocator);
    grow(normed, R * widestInput(config), allocator);
    input.reserve(R, widestInput(config), allocator);
    for (const LayerWeights& layer : weights.layers) grow(projected, R * layer.attention.input.weight.rows(), allocator);
    if (a.qLoraRank > 0) grow(query, R * a.heads * a.qkHeadDim(), allocator);
    if (!weights.layers.front().attention.expand.empty()) {
        grow(latents, R * a.kvLoraRank, allocator);
        grow(expanded, R * weights.layers.front().attention.expand.rows(), allocator);
    }
    grow(attended, R * a.heads * a.valueHeadDim(), allocator);
    grow(hidden, std::max(R * wholePanels(F), N * wholePanels(moe.width)) * turns, allocator);
    if (turns == 2) grow(activated, std::max(R * wholePanels(F), N * wholePanels(moe.width)), allocator);
    if (N == 0) return;
    grow(router, R * moe.experts, allocator);
    grow(gathered, N * D, allocator);
    grow(returned, N * D, allocator);
    expertInput.reserve(N, std::max(D, moe.width), allocator);
    uses.resize(static_cast<std::size_t>(N));
    usesBegin.resize(static_cast<std::size_t>(moe.experts + 1));
    scores.resize(static_cast<std::size_t>(moe.experts));
    ranked.resize(static_cast<std::size_t>(moe.experts));
    chosen.resize(static_cast<std::size_t>(N));
    chosenWeights.resize(static_cast<std::size_t>(N));
}

void Workspace::reserve(const ModelConfig& config, const DecodeWeights& weights, std::int64_t threadCount, std::int64_t capacity,
                        BufferAllocator& allocator) {
    if (stream.empty()) reserveShared(config, weights, allocator);
    if (threads.size() < static_cast<std::size_t>(threadCount)) threads.resize(static_cast<std::size_t>(threadCount));
    const AttentionConfig& a = config.attention;
    const bool latent = a.latent != Latent::None;
    const std::int64_t keyWidth = a.latent == Latent::Joint ? a.kvLoraRank : a.kRank;
    // What is mixed: latents, or values where the path is naive or there are no latents.
    const std::int64_t mixedWidth = std::max({a.valueHeadDim(), latent ? keyWidth : 0, a.vRank});
    const std::int64_t chunks = (capacity + kChunk - 1) / kChunk;
    if (threadCount > 1 && chunks >= kSplitChunks * threadCount) {
        if (latent) grow(absorbed, a.heads * keyWidth, allocator);
        grow(parts, chunks * a.heads * mixedWidth, allocator);
        partSums.resize(std::max(partSums.size(), static_cast<std::size_t>(chunks * a.heads)));
    }
    for (ThreadSpace& own : threads) {
        if (!own.normed.empty()) continue;
        grow(own.scores, kTile * kChunk, allocator);
        grow(own.mixed, kTile * mixedWidth, allocator);
        grow(own.part, kTile * mixedWidth, allocator);
        grow(own.normed, kAlone * widestInput(config), allocator);
        own.input.reserve(kAlone, widestInput(config), allocator);
        grow(own.row, widestLane(config), allocator);
        if (!latent) continue;
        own.head.reserve(kTile, std::max({a.qkHeadDim(), keyWidth, mixedWidth}), allocator);
        grow(own.queries, kTile * keyWidth, allocator);
        grow(own.latents, kBlock * keyWidth, allocator);
        grow(own.keys, kBlock * a.qkHeadDim(), allocator);
    }
}

}  // namespace loom::decode
