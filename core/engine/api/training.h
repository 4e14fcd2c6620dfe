// SPDX-License-Identifier: GPL-3.0-or-later
// TrainableModel: what core/lab (LibTorch) does for a training run. Loss, gradients and the optimiser's step are there; data, schedule,
// run folder and the loop around them are in core/engine/train.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/device_kind.h"
#include "core/data/error.h"
#include "core/data/model_config.h"
#include "core/engine/checkpoint/safetensors.h"

namespace loom {

/// Rows of equal length: inputs and what should follow each of them, [rows, T] row-major.
struct TokenBatch {
    std::vector<std::int64_t> inputs;
    std::vector<std::int64_t> targets;
    std::int64_t rows = 0;
    [[nodiscard]] std::int64_t tokens() const { return static_cast<std::int64_t>(inputs.size()); }
};

/// AdamW with decoupled weight decay (arXiv 1711.05101); norms and biases never decay.
struct AdamWSettings {
    double beta1 = 0.9;
    double beta2 = 0.95;
    double eps = 1e-8;
    double weightDecay = 0.1;
    bool operator==(const AdamWSettings&) const = default;
};

/// What keeps experts evenly used (DeepSeek-V3, arXiv 2412.19437, section 2.1.2).
struct ExpertBalancing {
    double loss = 0.0;   ///< weight of the penalty Σ f·P in the loss that is differentiated, equation 17
    double speed = 0.0;  ///< by which a step moves the bias of each expert's choice, up where it is used too little; sigmoid scores only
    bool operator==(const ExpertBalancing&) const = default;
};

struct TrainerOptions {
    DeviceKind device = DeviceKind::Cpu;
    std::int64_t threads = 0;      ///< 0 = as many as there are cores
    DType precision = DType::F32;  ///< F32; BF16 = bf16 products and activations, f32 weights, moments and sums; F64 for tests
    AdamWSettings adamW;
    double clip = 1.0;       ///< largest norm of all gradients together; 0 = no limit
    double dropout = 0.0;    ///< on embeddings and on what each block adds; not on attention weights
    std::uint64_t seed = 1;  ///< of dropout
    ExpertBalancing balancing = {};
};

struct StepResult {
    double loss = 0;                        ///< nats per token, mean over the step's batches
    double gradientNorm = 0;                ///< before clipping
    bool applied = false;                   ///< false: loss or gradient is not finite, nothing was changed
    std::optional<double> expertLoad = {};  ///< tokens of the most used expert over those of an even share, mean over layers with experts
};

/// A network with gradients and its optimiser. For one thread at a time.
class TrainableModel {
public:
    virtual ~TrainableModel() = default;
    [[nodiscard]] virtual const ModelConfig& config() const = 0;
    /// One optimiser step over all batches together (accumulation): mean gradient per token, clipped. `step` counts from 1 and decides
    /// dropout and the moments' bias correction. Stops between batches with Error "Cancelled"; then nothing has changed.
    [[nodiscard]] virtual Result<StepResult> step(std::span<const TokenBatch> batches, double learningRate, std::int64_t step,
                                                  std::stop_token stop) = 0;
    /// Sum of −log P(target) in nats, without dropout and gradients.
    [[nodiscard]] virtual Result<double> loss(const TokenBatch& batch) = 0;
    /// Weights under their canonical names, and with `moments` also "exp_avg.NAME" and "exp_avg_sq.NAME"; all f32 (f64 where the trainer
    /// computes in f64). The memory is the trainer's own and changes with the next step.
    [[nodiscard]] virtual Result<std::vector<TensorToWrite>> state(bool moments) = 0;
    /// Sets weights and moments from tensors named as state() names them. Throws nothing; an Error names what is missing or misshapen.
    [[nodiscard]] virtual Result<void> restore(const std::map<std::string, TensorView, std::less<>>& tensors) = 0;
    /// Gradients that the batches give at the current weights, by name, as f64: for tests and for looking at.
    [[nodiscard]] virtual Result<std::map<std::string, std::vector<double>>> gradients(std::span<const TokenBatch> batches) = 0;
};

}  // namespace loom
