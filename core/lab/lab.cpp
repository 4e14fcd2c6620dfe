// SPDX-License-Identifier: GPL-3.0-or-later
// Lab: the doors of this library. Builds networks from checkpoints and answers for them in plain values.
#include <torch/headeronly/version.h>

#include <algorithm>
#include <thread>

#include "core/data/absorption.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/lab/device/device.h"
#include "core/lab/device/tracked_allocator.h"
#include "core/lab/inspect/attention_capture.h"
#include "core/lab/inspect/inspector.h"
#include "core/lab/inspect/text_run.h"
#include "core/lab/reference_sequence.h"
#include "core/lab/torch_guard.h"
#include "core/lab/train/trainer.h"

namespace loom::lab {
namespace {

int threadsFor(std::int64_t asked) {
    const std::int64_t cores = std::max(1U, std::thread::hardware_concurrency());
    return static_cast<int>(asked > 0 ? std::min<std::int64_t>(asked, 1024) : cores);
}

class TorchModel final : public ReferenceModel {
public:
    TorchModel(std::shared_ptr<Network> network, std::string deviceName)
        : m_network(std::move(network)), m_deviceName(std::move(deviceName)), m_inspector(m_network) {}

    [[nodiscard]] const ModelConfig& config() const override { return m_network->config; }
    [[nodiscard]] std::int64_t weightBytes() const override { return m_network->weights->bytes(); }
    [[nodiscard]] std::int64_t threads() const override { return m_network->threads; }
    [[nodiscard]] std::string deviceName() const override { return m_deviceName; }

    [[nodiscard]] Result<std::unique_ptr<ReferenceSequence>> newSequence(std::int64_t capacity, MlaPath path,
                                                                         std::optional<DType> cacheType) override {
        return torchGuarded(m_network->threads, [&]() -> std::unique_ptr<ReferenceSequence> {
            const DType kept = cacheType.value_or(m_network->compute());
            (void)cellType(kept);  // before anything is allocated
            return std::make_unique<TorchSequence>(m_network, capacity, path, kept);
        });
    }

    [[nodiscard]] Result<std::vector<float>> logits(std::span<const TokenId> tokens, std::int64_t batch, MlaPath path,
                                                    std::stop_token stop) override {
        return torchGuarded(m_network->threads, [&] {
            const std::int64_t T = textLength(tokens, batch, config());
            checkElements(batch, T, config().vocab, "The logits");
            checkElements(batch * config().attention.heads, T, T, "The attention weights");
            const LanguageModel& model = m_network->on(path);
            CountTensors counted(*m_network->account, MemoryKind::Activations);
            NoPast past;
            Watch nothing;
            const Tensor hidden = model.hidden(tokenTensor(tokens, batch, model), past, nothing, stop);  // [B, T, D]
            std::vector<float> all;
            all.reserve(static_cast<std::size_t>(batch * T * config().vocab));
            for (std::int64_t b = 0; b < batch; ++b) {
                const std::vector<float> one = floats(model.logits(hidden[b]));  // [T, V]
                all.insert(all.end(), one.begin(), one.end());
            }
            return all;
        });
    }

    [[nodiscard]] Result<AttentionMap> attention(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) override {
        return torchGuarded(m_network->threads, [&] {
            checkLayer(layer, config());
            const std::int64_t T = textLength(tokens, 1, config());
            checkElements(config().attention.heads, T, T, "The attention weights");
            const LanguageModel& model = m_network->on(MlaPath::Naive);
            CountTensors counted(*m_network->account, MemoryKind::Other);
            NoPast past;
            Watch watch{layer, /*stopThere=*/true, {}};
            (void)model.hidden(tokenTensor(tokens, 1, model), past, watch, stop);
            return attentionMap(layer, watch.attention);
        });
    }

    [[nodiscard]] const Inspector& inspector() const override { return m_inspector; }

private:
    std::shared_ptr<Network> m_network;
    std::string m_deviceName;
    TorchInspector m_inspector;
};

class TorchLab final : public Lab {
public:
    [[nodiscard]] Result<std::shared_ptr<ReferenceModel>> build(const Checkpoint& checkpoint, const LabOptions& options,
                                                                MemoryAccount& account, std::stop_token stop) override {
        const int threads = threadsFor(options.threads);
        return torchGuarded(threads, [&]() -> std::shared_ptr<ReferenceModel> {
            if (options.compute != DType::F32 && options.compute != DType::F64) {
                throw Error{"The reference computes in f32 or f64, not in " + std::string(name(options.compute)), {}, {}};
            }
            checkConfig(checkpoint.config, checkpoint.path.string());
            const at::Device device = deviceFor(options.device);
            const auto type = at::TensorOptions().dtype(options.compute == DType::F64 ? at::kDouble : at::kFloat).device(device);
            const c10::InferenceMode ordinaryTensors(false);  // so that gradients can be asked for later

            auto network = std::make_shared<Network>();
            network->config = checkpoint.config;
            network->threads = threads;
            network->weights = std::make_shared<const Weights>(checkpoint, type, account, stop);
            network->naive = std::make_unique<LanguageModel>(checkpoint.config, network->weights, MlaPath::Naive);
            if (checkpoint.config.attention.latent != Latent::None) {
                network->absorbed = std::make_unique<LanguageModel>(checkpoint.config, network->weights, MlaPath::Absorbed);
            }
            network->allocator = makeAllocator(device, account);
            network->account = &account;
            return std::make_shared<TorchModel>(std::move(network), lab::deviceName(device));
        });
    }
    [[nodiscard]] Result<std::unique_ptr<TrainableModel>> buildTrainable(const Checkpoint& checkpoint, const TrainerOptions& options,
                                                                         MemoryAccount& account) override {
        return torchGuarded(threadsFor(options.threads), [&] {
            checkConfig(checkpoint.config, pathText(checkpoint.path));
            return makeTrainer(checkpoint, options, threadsFor(options.threads), account);
        });
    }
    [[nodiscard]] std::string version() const override { return "LibTorch " TORCH_VERSION; }
    [[nodiscard]] bool hasCuda() const override { return cudaAvailable(); }
    [[nodiscard]] Result<void> check(DeviceKind device) const override {
        return torchGuarded(at::get_num_threads(), [&] { (void)deviceFor(device); });
    }
};

}  // namespace
}  // namespace loom::lab

/// What loadLab() looks up. The lab lives as long as the process.
extern "C" loom::Lab* loomCreateLab() {
    static loom::lab::TorchLab lab;
    return &lab;
}
