// SPDX-License-Identifier: GPL-3.0-or-later
// Trainer: the network with gradients and AdamW.
#include "core/lab/train/trainer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/lab/device/device.h"
#include "core/lab/device/tracked_allocator.h"
#include "core/lab/fused/fused.h"
#include "core/lab/model/language_model.h"
#include "core/lab/torch_guard.h"
#include "core/lab/train/kept_memory.h"

namespace loom::lab {
namespace {

constexpr const char* kCorrection = "mlp.gate.e_score_correction_bias";

/// Parameters that share a weight decay, in the order of their names.
struct Group {
    double weightDecay = 0;
    std::vector<Tensor> weights, moments, squares, steps;
};

class Trainer final : public TrainableModel {
public:
    Trainer(const Checkpoint& checkpoint, const TrainerOptions& options, int threads, MemoryAccount& account)
        : m_config(checkpoint.config),
          m_options(options),
          m_threads(threads),
          m_account(account),
          m_counted(account, MemoryKind::Optimiser) {
        const c10::InferenceMode ordinaryTensors(false);
        m_device = deviceFor(options.device);
        const at::ScalarType type = options.precision == DType::F64 ? at::kDouble : at::kFloat;
        m_fused = m_device.is_cpu() && type == at::kFloat;
        if (options.precision == DType::BF16 && !m_fused) {
            throw Error{"bf16 training runs on the CPU only so far", "precision", "Train in f32 on this device"};
        }
        m_weights = std::make_shared<Weights>(checkpoint, at::TensorOptions().dtype(type).device(m_device), account, std::stop_token());
        m_weights->makeTrainable(options.precision == DType::BF16 ? at::kBFloat16 : type);
        m_model = std::make_unique<LanguageModel>(m_config, m_weights, MlaPath::Naive);
        m_groups[0].weightDecay = options.adamW.weightDecay;
        for (const auto& [name, weight] : m_weights->all()) {
            Group& group = m_groups[groupOf(weight)];
            group.weights.push_back(weight);
            group.moments.push_back(at::zeros_like(weight.detach()));
            group.squares.push_back(at::zeros_like(weight.detach()));
            group.steps.push_back(at::full({}, 0.0, at::TensorOptions().dtype(at::kFloat).device(m_device)));
            m_counted.add(static_cast<std::int64_t>(2 * weight.nbytes()));
        }
    }

    [[nodiscard]] const ModelConfig& config() const override { return m_config; }

    [[nodiscard]] Result<StepResult> step(std::span<const TokenBatch> batches, double learningRate, std::int64_t step,
                                          std::stop_token stop) override {
        return torchGuarded(
            m_threads,
            [&] {
                CountTensors counted(m_account, MemoryKind::Activations);
                const CountDevice onDevice(m_account, MemoryKind::Activations, m_device);
                StepResult result;
                const double norm = accumulate(batches, step, result.loss, stop);
                result.gradientNorm = norm;
                result.expertLoad = expertLoad();
                result.applied = std::isfinite(result.loss) && std::isfinite(norm);
                if (result.applied) apply(learningRate, step, m_options.clip > 0 && norm > m_options.clip ? norm / m_options.clip : 1.0);
                return result;
            },
            /*gradients=*/true);
    }

    [[nodiscard]] Result<double> loss(const TokenBatch& batch) override {
        return torchGuarded(m_threads, [&] {
            CountTensors counted(m_account, MemoryKind::Activations);
            const CountDevice onDevice(m_account, MemoryKind::Activations, m_device);
            const fused::Scope scope(m_fused);
            return lossOf(batch, {}).item<double>();
        });
    }

    [[nodiscard]] Result<std::vector<TensorToWrite>> state(bool moments) override {
        return torchGuarded(m_threads, [&] {
            std::vector<TensorToWrite> tensors;
            m_onHost.clear();
            const auto add = [&](const std::string& name, const Tensor& tensor) {
                const Tensor host = tensor.detach().to(at::kCPU).contiguous();
                m_onHost.push_back(host);
                tensors.push_back({name,
                                   host.scalar_type() == at::kDouble ? DType::F64 : DType::F32,
                                   host.sizes().vec(),
                                   {static_cast<const std::byte*>(host.const_data_ptr()), host.nbytes()}});
            };
            for (const auto& [name, weight] : m_weights->all()) add(name, weight);
            if (!moments) return tensors;
            forMoments([&](const std::string& name, const Tensor& moment, const Tensor& square) {
                add("exp_avg." + name, moment);
                add("exp_avg_sq." + name, square);
            });
            return tensors;
        });
    }

    [[nodiscard]] Result<void> restore(const std::map<std::string, TensorView, std::less<>>& tensors) override {
        return torchGuarded(m_threads, [&] {
            const auto take = [&](const std::string& name, const Tensor& to) {
                const auto found = tensors.find(name);
                if (found == tensors.end()) throw Error{"The saved state lacks a tensor", name, "It belongs to another configuration"};
                const DType type = to.scalar_type() == at::kDouble ? DType::F64 : DType::F32;
                if (found->second.dtype != type || at::IntArrayRef(found->second.shape) != to.sizes()) {
                    throw Error{"A tensor of the saved state has another shape or type", name, "It belongs to another configuration"};
                }
                const Tensor copy = at::empty(to.sizes(), at::TensorOptions().dtype(to.scalar_type()));
                std::memcpy(copy.mutable_data_ptr(), found->second.data.data(), found->second.data.size());
                to.detach().copy_(copy);
            };
            for (const auto& [name, weight] : m_weights->all()) take(name, weight);
            forMoments([&](const std::string& name, const Tensor& moment, const Tensor& square) {
                take("exp_avg." + name, moment);
                take("exp_avg_sq." + name, square);
            });
            m_weights->refreshShadows();
        });
    }

    [[nodiscard]] Result<std::map<std::string, std::vector<double>>> gradients(std::span<const TokenBatch> batches) override {
        return torchGuarded(
            m_threads,
            [&] {
                CountTensors counted(m_account, MemoryKind::Activations);
                double loss = 0;
                (void)accumulate(batches, 0, loss, {});
                std::map<std::string, std::vector<double>> result;
                for (const auto& [name, weight] : m_weights->all()) {
                    const Tensor gradient = weight.grad().to(at::TensorOptions().dtype(at::kDouble).device(at::kCPU)).contiguous();
                    const double* data = gradient.const_data_ptr<double>();
                    result.emplace(name, std::vector<double>(data, data + gradient.numel()));
                }
                return result;
            },
            /*gradients=*/true);
    }

private:
    /// 0: matrices, 1: norms and biases, which do not decay.
    [[nodiscard]] static std::size_t groupOf(const Tensor& weight) { return weight.dim() >= 2 ? 0 : 1; }

    template <class Body>
    void forMoments(Body&& body) const {
        std::size_t next[2] = {0, 0};
        for (const auto& [name, weight] : m_weights->all()) {
            const std::size_t g = groupOf(weight);
            body(name, m_groups[g].moments[next[g]], m_groups[g].squares[next[g]]);
            ++next[g];
        }
    }

    /// Sum over the batch, in nats.
    [[nodiscard]] Tensor lossOf(const TokenBatch& batch, const TrainingPass& training) const {
        const std::int64_t T = batch.tokens() / batch.rows;
        const auto tensor = [&](const std::vector<std::int64_t>& ids) {
            const Tensor host = at::empty({batch.rows, T}, at::kLong);
            std::memcpy(host.mutable_data_ptr(), ids.data(), ids.size() * sizeof(ids[0]));
            return host.to(m_device);
        };
        NoPast past;
        Watch nothing;
        return m_model->loss(m_model->hidden(tensor(batch.inputs), past, nothing, {}, training), tensor(batch.targets));
    }

    /// Mean gradient per token of all batches into the weights' gradients; returns its norm.
    double accumulate(std::span<const TokenBatch> batches, std::int64_t step, double& meanLoss, const std::stop_token& stop) {
        const fused::Scope scope(m_fused);
        for (const auto& [name, weight] : m_weights->all()) weight.mutable_grad() = Tensor();
        std::int64_t tokens = 0;
        for (const TokenBatch& batch : batches) tokens += batch.tokens();
        if (tokens == 0) throw Error{"There are no tokens to train on", {}, {}};
        TrainingPass training{{m_options.dropout, {}}, m_config.expertLayers() > 0 ? &m_balance : nullptr};
        if (training.dropout.rate > 0)
            training.dropout.generator =
                at::detail::createCPUGenerator(m_options.seed * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(step));
        meanLoss = 0;
        m_balance = {};
        for (const TokenBatch& batch : batches) {
            if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
            m_balance.penalty = Tensor();
            Tensor loss = lossOf(batch, training) / static_cast<double>(tokens);
            meanLoss += loss.item<double>();
            if (m_options.balancing.loss > 0 && m_balance.penalty.defined()) {
                const double share = static_cast<double>(batch.tokens()) / static_cast<double>(tokens);
                loss = loss + m_balance.penalty * (m_options.balancing.loss * share);
            }
            loss.backward();
        }
        std::vector<Tensor> norms;
        for (const Group& group : m_groups) {
            for (const Tensor& weight : group.weights) {
                if (!weight.grad().defined()) weight.mutable_grad() = at::zeros_like(weight.detach());
                norms.push_back(at::linalg_vector_norm(weight.grad()));
            }
        }
        return at::linalg_vector_norm(at::stack(norms)).item<double>();
    }

    void apply(double learningRate, std::int64_t step, double divisor) {
        const c10::InferenceMode ordinary(false);
        const at::AutoGradMode noGradients(false);
        const AdamWSettings& a = m_options.adamW;
        const bool inOperator = divisor != 1.0 && m_options.precision != DType::F64;  // which takes the divisor as f32
        const std::optional<Tensor> scale =
            inOperator ? std::optional(at::full({}, divisor, at::TensorOptions().dtype(at::kFloat).device(m_device))) : std::nullopt;
        for (Group& group : m_groups) {
            if (group.weights.empty()) continue;
            std::vector<Tensor> gradients;
            for (const Tensor& weight : group.weights)
                gradients.push_back(inOperator || divisor == 1.0 ? weight.grad().contiguous() : weight.grad() / divisor);
            for (const Tensor& counter : group.steps) counter.fill_(static_cast<double>(step));
            at::_fused_adamw_(group.weights, gradients, group.moments, group.squares, {}, group.steps, learningRate, a.beta1, a.beta2,
                              group.weightDecay, a.eps, /*amsgrad=*/false, /*maximize=*/false, scale);
        }
        if (m_options.balancing.speed > 0) moveBiases();
        m_weights->refreshShadows();
    }

    /// Of the step that was just computed.
    [[nodiscard]] std::optional<double> expertLoad() const {
        double sum = 0, layers = 0;
        for (const std::vector<std::int64_t>& uses : m_balance.uses) {
            if (uses.empty()) continue;
            const auto all = static_cast<double>(std::accumulate(uses.begin(), uses.end(), std::int64_t{0}));
            sum += static_cast<double>(*std::max_element(uses.begin(), uses.end())) * static_cast<double>(uses.size()) / all;
            ++layers;
        }
        return layers > 0 ? std::optional(sum / layers) : std::nullopt;
    }

    /// Experts that the last step used too little are chosen more easily from now on, and the other way round.
    void moveBiases() {
        for (std::size_t layer = 0; layer < m_balance.uses.size(); ++layer) {
            const std::vector<std::int64_t>& uses = m_balance.uses[layer];
            const auto found = m_weights->all().find(layerPrefix(LayerIndex{static_cast<std::int64_t>(layer)}) + kCorrection);
            if (uses.empty() || found == m_weights->all().end()) continue;
            const std::int64_t all = std::accumulate(uses.begin(), uses.end(), std::int64_t{0});
            std::vector<double> moves;
            for (const std::int64_t use : uses) {
                const std::int64_t missing = all - use * static_cast<std::int64_t>(uses.size());
                moves.push_back(missing > 0 ? m_options.balancing.speed : missing < 0 ? -m_options.balancing.speed : 0.0);
            }
            found->second.detach().add_(
                at::tensor(at::ArrayRef<double>(moves), at::kDouble).to(found->second.options().requires_grad(false)));
        }
    }

    KeptMemory m_keptMemory;  ///< first: dies after everything that it keeps
    ModelConfig m_config;
    TrainerOptions m_options;
    int m_threads;
    MemoryAccount& m_account;
    at::Device m_device = at::kCPU;
    bool m_fused = false;
    std::shared_ptr<Weights> m_weights;
    std::unique_ptr<LanguageModel> m_model;
    CountedBytes m_counted;
    Group m_groups[2];        ///< matrices, and vectors
    ExpertBalance m_balance;  ///< of the last step
    std::vector<Tensor> m_onHost;
};

}  // namespace

std::unique_ptr<TrainableModel> makeTrainer(const Checkpoint& checkpoint, const TrainerOptions& options, int threads,
                                            MemoryAccount& account) {
    return std::make_unique<Trainer>(checkpoint, options, threads, account);
}

}  // namespace loom::lab
