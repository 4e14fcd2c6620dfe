// SPDX-License-Identifier: GPL-3.0-or-later
// What a training step on the CPU takes, from the shapes: what each operation of core/lab/fused keeps for its gradient, and what it needs
// for a while. Follows a step from the first layer to the optimiser and keeps the highest moment.
#include <algorithm>
#include <numeric>
#include <vector>

#include "core/engine/train/training_plan.h"

namespace loom {
namespace {

constexpr double kF32 = 4;
constexpr std::int64_t kQueryBlock = 128;   ///< as in core/lab/fused/fused_attention.cpp
constexpr double kHeights = 32;             ///< as in core/lab/model/experts.cpp
constexpr double kScoreTensors = 4;         ///< of the size of a router's scores that its gradient needs
constexpr double kChunkElements = 1 << 23;  ///< as in core/lab/fused/head_loss.cpp

/// One layer: bytes kept from its forward to its backward pass, and what its backward pass needs at once.
struct LayerBytes {
    double attention = 0, feedForward = 0;          ///< kept
    double attentionBack = 0, feedForwardBack = 0;  ///< for a while
    double attentionGradients = 0, feedForwardGradients = 0;
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
        std::vector<LayerBytes> layers;
        for (std::int64_t i = 0; i < m.layers; ++i) layers.push_back(layerBytes(m.hasExperts(LayerIndex{i})));
        const double ofLayers =
            std::accumulate(layers.begin(), layers.end(), 0.0, [](double sum, const LayerBytes& l) { return sum + l.kept(); });
        const double stream = kF32 * N * D;
        const double logits = std::min(N, std::clamp(kChunkElements / V, 64.0, 2048.0)) * V;
        const double rotation = m.positions == Positions::Rotary ? kF32 * static_cast<double>(T * a.rotaryWidth()) : 0;
        const double ids = 16 * N;
        // What lives from the first layer to the last: the stream behind it for the last norm, ids, angles, the dropout of the embedding.
        double kept = ofLayers + stream + 8 * N + ids + rotation + (dropout ? kF32 * N * D : 0);
        const double head = kF32 * V * D;
        // f32 products copy the transposed logits; a bf16 part of the head's gradient is widened before it is added.
        const double products = e == kF32 ? 2 * e * logits + head : e * logits + e * V * D + head;
        const double headForward = kept + 2 * e * N * D + head + products;
        const double headBack = kept + 2 * (head + e * N * D);
        double highest = std::max(headForward, headBack);
        double gradients = head + kF32 * D;
        for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
            highest = std::max(highest, kept + gradients + stream + layer->feedForwardBack);
            kept -= layer->feedForward;
            gradients += layer->feedForwardGradients;
            highest = std::max(highest, kept + gradients + stream + layer->attentionBack);
            kept -= layer->attention;
            gradients += layer->attentionGradients;
        }
        // The embedding's gradient is dense; a tied head's stands beside it until they are added.
        const double embedding = kF32 * V * D;
        const double places = m.positions == Positions::Learned ? kF32 * static_cast<double>(m.context) * D : 0;
        return std::max(highest, gradients + stream + embedding + places);
    }

private:
    /// Elements of one layer's weights without its feed-forward network.
    [[nodiscard]] double attentionWeights() const {
        ModelConfig one = m;
        one.moe = {};
        one.layers = 2;
        one.attention.windows.clear();  // they have no weights
        const auto two = static_cast<double>(countParameters(one).total);
        one.layers = 1;
        return two - static_cast<double>(countParameters(one).total) - feedForwardWeights(static_cast<double>(m.ffnWidth));
    }
    [[nodiscard]] double feedForwardWeights(double width) const { return (m.mlp == MlpKind::SwiGlu ? 3 : 2) * D * width; }

    /// Probabilities of all blocks of queries.
    [[nodiscard]] double scoreElements() const {
        double elements = 0;
        for (std::int64_t t = 0; t < T; t += kQueryBlock)
            elements += static_cast<double>(std::min(kQueryBlock, T - t) * std::min(T, t + kQueryBlock));
        return B * H * elements;
    }

    [[nodiscard]] LayerBytes layerBytes(bool experts) const {
        LayerBytes bytes;
        const double qk = H * static_cast<double>(a.qkHeadDim());
        const double v = H * static_cast<double>(a.valueHeadDim());
        const double normed = kF32 * N * D + 8 * N + e * N * D;  // what a norm reads, its moments, what it hands on
        bytes.attention = normed + e * N * (2 * qk + v + v) + e * scoreElements() + e * latentElements();
        const double block = e * B * H * static_cast<double>(std::min(kQueryBlock, T) * T);
        // dOut twice (as it comes and head by head), the gradients of q, k and v, scores of a block.
        bytes.attentionBack = e * N * (2 * v + 2 * qk + v) + block;
        bytes.attentionGradients = kF32 * attentionWeights();
        if (experts) {
            addExperts(bytes, normed);
        } else {
            const auto F = static_cast<double>(m.ffnWidth);
            const bool gated = m.mlp == MlpKind::SwiGlu;
            bytes.feedForward = normed + e * N * F * (gated ? 3 : 2);
            // The gradient of the inner rows, and of gate and up; the product that went into the last matrix is free by then.
            bytes.feedForwardBack = e * N * D + e * N * F * (gated ? 2 : 1);
            bytes.feedForwardGradients = kF32 * feedForwardWeights(F);
        }
        if (dropout) {
            bytes.attention += e * N * D;
            bytes.feedForward += e * N * D;
        }
        return bytes;
    }

    /// Rows are gathered for the experts that they use; as in core/lab/model/experts.cpp.
    void addExperts(LayerBytes& bytes, double normed) const {
        const MoeConfig& moe = m.moe;
        const auto E = static_cast<double>(moe.experts);
        const auto F = static_cast<double>(moe.width);
        const double choices = N * static_cast<double>(moe.perToken);
        const double rows = choices + E * kHeights / 2;
        const double shared = static_cast<double>(moe.shared) * F;
        const double router = (e < kF32 ? kF32 * N * D : 0) + kF32 * N * E * kScoreTensors + 2 * 8 * choices;
        bytes.feedForward = normed + router + e * rows * (D + 3 * F) + e * choices * D + e * N * 3 * shared;
        // Gradients of what the experts gave, as it was chosen and by expert, and of what they read.
        bytes.feedForwardBack = e * N * D + e * choices * D + 2 * e * rows * D;
        bytes.feedForwardGradients = kF32 * (E * D + E * feedForwardWeights(F) + feedForwardWeights(shared));
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
        // Matrices have a rounded copy; norms, biases, positions and routers have none.
        const std::int64_t routers = model.expertLayers() * (model.moe.experts * (model.dModel + 1));
        const std::int64_t vectors = model.layers * 2 * model.dModel + model.dModel + routers;
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
