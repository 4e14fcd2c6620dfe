// SPDX-License-Identifier: GPL-3.0-or-later
// TorchSequence: one story's cache and the network that fills it.
#pragma once

#include <memory>

#include "core/engine/api/lab.h"
#include "core/lab/device/static_step.h"
#include "core/lab/model/language_model.h"

namespace loom::lab {

/// What sequences share with the model that made them, and keep alive.
struct Network {
    ModelConfig config;
    int threads = 1;
    std::shared_ptr<const Weights> weights;
    std::unique_ptr<LanguageModel> naive;     ///< without a latent the only path
    std::unique_ptr<LanguageModel> absorbed;  ///< null without a latent; where a rotation follows W^{K↑} only values are absorbed
    MemoryAccount* account = nullptr;
    std::unique_ptr<BufferAllocator> allocator;

    [[nodiscard]] const LanguageModel& on(MlaPath path) const { return path == MlaPath::Absorbed && absorbed ? *absorbed : *naive; }
    [[nodiscard]] DType compute() const { return naive->type().dtype() == at::kDouble ? DType::F64 : DType::F32; }
};

/// Ids as a tensor [B, T] on the network's device. Throws Error for an id outside the vocabulary.
[[nodiscard]] Tensor tokenTensor(std::span<const TokenId> tokens, std::int64_t batch, const LanguageModel& model);
/// Throws Error where `length` positions are more than the network was trained for.
void checkContext(std::int64_t length, const ModelConfig& config);
/// Throws Error where the network has no such layer.
void checkLayer(LayerIndex layer, const ModelConfig& config);

class TorchSequence final : public ReferenceSequence {
public:
    TorchSequence(std::shared_ptr<Network> network, std::int64_t capacity, MlaPath path, DType cacheType);
    using ReferenceSequence::forward;
    [[nodiscard]] Result<void> forward(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out) override;
    [[nodiscard]] Result<void> truncate(std::int64_t length) override;
    [[nodiscard]] Result<void> reserve(std::int64_t capacity) override;
    [[nodiscard]] Result<void> pretend(std::int64_t length) override;
    [[nodiscard]] const KvCache& cache() const override { return m_cache; }

private:
    /// Where the computation must begin: behind what is kept, or at the beginning where a longer text turns its keys by other angles.
    [[nodiscard]] std::int64_t firstToCompute(std::int64_t newLength) const;
    [[nodiscard]] ForwardOutput run(std::span<const TokenId> tokens, const ForwardOptions& options);
    [[nodiscard]] std::vector<float> norms(std::int64_t newRows);
    /// One token as a recorded step on a GPU, if it can be one.
    [[nodiscard]] bool runStatic(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& output);

    std::shared_ptr<Network> m_network;
    const LanguageModel& m_model;
    KvCache m_cache;
    std::unique_ptr<StaticStep> m_static;  ///< of the cache's memory as it lies now
    TokenIds m_tokens;                     ///< what the cache holds; kept where a longer text is computed anew (RopeScalingKind::Dynamic)
    std::int64_t m_rotatedFor = 0;         ///< length of the text whose rotation the cached keys have
    bool m_stale = false;                  ///< rows of the cache belong to a computation that failed
};

}  // namespace loom::lab
