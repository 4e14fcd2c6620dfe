// SPDX-License-Identifier: GPL-3.0-or-later
// What a training step on the CPU takes, from the shapes: what each operation of core/lab/fused keeps for its gradient, and what it needs
// for a while. Follows a step from the first layer to the optimiser and keeps the highest moment.
#include <algorithm>

#include "core/engine/train/training_plan.h"

namespace loom {
namespace {

constexpr double kF32 = 4;
constexpr std::int64_t kQueryBlock = 128;   ///< as in core/lab/fused/fused_attention.cpp
constexpr double kChunkElements = 1 << 23;  ///< as in core/lab/fused/head_loss.cpp

/// One layer: bytes kept from its forward to its backward pass, and what its backward pass needs at once.
struct LayerBytes {
    double attention = 0, feedForward = 0;          ///< kept
    double attentionBack = 0, feedForwardBack = 0;  ///< for a while
    double gradients = 0;
    [[nodiscard]] double kept() const { return attention + feedForward; }
};

class Estimate {
public:
    Estimate(const ModelConfig& model, const TrainSettings& settings)
        : m(model),
          a(model.attention),
          e(settings.precision == DType::BF16 ? 2 : kF32),
          B(static_cast<double>(settings.batch)),
          T(settings.context),
          N(B * static_cast<double>(T)),
          D(static_cast<double>(model.dModel)),
          H(static_cast<double>(a.heads)),
          V(static_cast<double>(model.vocab)),
          dropout(settings.dropout > 0) {}

    /// Highest moment of one step, gradients included.
    [[nodiscard]] double peak() const {
        const LayerBytes layer = layerBytes();
        const auto L = static_cast<double>(m.layers);
        const double stream = kF32 * N * D;
        const double logits = std::min(N, std::clamp(kChunkElements / V, 64.0, 2048.0)) * V;
        const double rotation = m.positions == Positions::Rotary ? kF32 * static_cast<double>(T * a.rotaryWidth()) : 0;
        const double ids = 16 * N;
        // What lives from the first layer to the last: the stream behind it for the last norm, ids, angles, the dropout of the embedding.
        double kept = layer.kept() * L + stream + 8 * N + ids + rotation + (dropout ? kF32 * N * D : 0);
        const double head = kF32 * V * D;
        // f32 products copy the transposed logits; a bf16 part of the head's gradient is widened before it is added.
        const double products = e == kF32 ? 2 * e * logits + head : e * logits + e * V * D + head;
        const double headForward = kept + 2 * e * N * D + head + products;
        const double headBack = kept + 2 * (head + e * N * D);
        double highest = std::max(headForward, headBack);
        double gradients = head + kF32 * D;
        for (std::int64_t i = 0; i < m.layers; ++i) {
            highest = std::max(highest, kept + gradients + stream + layer.feedForwardBack);
            kept -= layer.feedForward;
            gradients += layer.gradients * ffnShare();
            highest = std::max(highest, kept + gradients + stream + layer.attentionBack);
            kept -= layer.attention;
            gradients += layer.gradients * (1 - ffnShare());
        }
        // The embedding's gradient is dense; a tied head's stands beside it until they are added.
        const double embedding = kF32 * V * D;
        const double places = m.positions == Positions::Learned ? kF32 * static_cast<double>(m.context) * D : 0;
        return std::max(highest, gradients + stream + embedding + places);
    }

private:
    /// Elements of one layer's matrices.
    [[nodiscard]] double ffnWeights() const { return (m.mlp == MlpKind::SwiGlu ? 3 : 2) * D * static_cast<double>(m.ffnWidth); }
    [[nodiscard]] double layerWeights() const {
        ModelConfig one = m;
        one.layers = 2;
        one.attention.windows.clear();  // they have no weights
        const auto two = static_cast<double>(countParameters(one).total);
        one.layers = 1;
        return two - static_cast<double>(countParameters(one).total);
    }
    [[nodiscard]] double ffnShare() const { return ffnWeights() / layerWeights(); }

    /// Probabilities of all blocks of queries.
    [[nodiscard]] double scoreElements() const {
        double elements = 0;
        for (std::int64_t t = 0; t < T; t += kQueryBlock)
            elements += static_cast<double>(std::min(kQueryBlock, T - t) * std::min(T, t + kQueryBlock));
        return B * H * elements;
    }

    [[nodiscard]] LayerBytes layerBytes() const {
        LayerBytes bytes;
        const auto F = static_cast<double>(m.ffnWidth);
        const double qk = H * static_cast<double>(a.qkHeadDim());
        const double v = H * static_cast<double>(a.valueHeadDim());
        const double normed = kF32 * N * D + 8 * N + e * N * D;  // what a norm reads, its moments, what it hands on
        bytes.attention = normed + e * N * (2 * qk + v + v) + e * scoreElements() + e * latentElements();
        const double block = e * B * H * static_cast<double>(std::min(kQueryBlock, T) * T);
        // dOut twice (as it comes and head by head), the gradients of q, k and v, scores of a block.
        bytes.attentionBack = e * N * (2 * v + 2 * qk + v) + block;
        const bool gated = m.mlp == MlpKind::SwiGlu;
        bytes.feedForward = normed + e * N * F * (gated ? 3 : 2);
        // The gradient of the inner rows, and of gate and up; the product that went into the last matrix is free by then.
        bytes.feedForwardBack = e * N * D + e * N * F * (gated ? 2 : 1);
        if (dropout) {
            bytes.attention += e * N * D;
            bytes.feedForward += e * N * D;
        }
        bytes.gradients = kF32 * layerWeights();
        return bytes;
    }

    /// What a latent form keeps besides queries, keys and values.
    [[nodiscard]] double latentElements() const {
        const auto r = static_cast<double>(a.kvLoraRank);
        const auto ranks = static_cast<double>(a.kRank + a.vRank);
        const double query = 2 * static_cast<double>(a.qLoraRank);
        switch (a.latent) {
            case Latent::Joint: return N * (r + static_cast<double>(a.qkRopeHeadDim) + r + query);
            case Latent::PerHead: return N * H * ranks + (e < kF32 ? H * static_cast<double>(a.headDim) * ranks : 0);
            case Latent::SplitShared: return N * ranks;
            case Latent::None: break;
        }
        return 0;
    }

    const ModelConfig& m;
    const AttentionConfig& a;
    double e;  ///< bytes of what flows between operations
    double B;
    std::int64_t T;
    double N, D, H, V;
    bool dropout;
};

}  // namespace

TrainingMemory trainingMemory(const ModelConfig& model, const TrainSettings& settings) {
    TrainingMemory memory;
    const ParameterCount count = countParameters(model);
    const std::int64_t bytes = 4 * count.total;
    memory.weights = bytes;
    if (settings.precision == DType::BF16) {
        // Matrices have a rounded copy; norms, biases and positions have none.
        const std::int64_t vectors = model.layers * 2 * model.dModel + model.dModel;
        const std::int64_t places = model.positions == Positions::Learned ? model.context * model.dModel : 0;
        memory.weights += 2 * (count.total - vectors - places);
    }
    memory.gradients = bytes;
    memory.optimiser = 2 * bytes;
    memory.average = settings.ema > 0 ? bytes : 0;
    const auto peak = static_cast<std::int64_t>(Estimate(model, settings).peak());
    memory.activations = std::max<std::int64_t>(0, peak - bytes);
    return memory;
}

}  // namespace loom
