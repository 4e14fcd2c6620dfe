// SPDX-License-Identifier: GPL-3.0-or-later
// state.safetensors of a training run; a trainer that only looks takes LibTorch's place.
#include "core/engine/train/run_folder.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {
namespace {

class Looker final : public TrainableModel {
public:
    const ModelConfig& config() const override { return m_config; }
    Result<StepResult> step(std::span<const TokenBatch>, double, std::int64_t, std::stop_token) override { return StepResult{}; }
    Result<double> loss(const TokenBatch&) override { return 0.0; }
    Result<std::vector<TensorToWrite>> state(bool) override { return std::vector<TensorToWrite>{}; }
    Result<void> restore(const std::map<std::string, TensorView, std::less<>>& tensors) override {
        for (const auto& [name, view] : tensors) touch(view);
        return {};
    }
    Result<std::map<std::string, std::vector<double>>> gradients(std::span<const TokenBatch>) override {
        return std::map<std::string, std::vector<double>>{};
    }

private:
    ModelConfig m_config;
};

}  // namespace

void run_state(std::string_view input) {
    file("run.json", R"({"format_version":1,"config":{},"data":"d","data_hash":"0"})");
    file("state.safetensors", input);
    refusable([&] {
        Looker looker;
        const auto restored = RunFolder::open(folder()).restore(looker);
        require(restored && restored->step >= 0 && restored->seconds >= 0);
    });
}

}  // namespace loom::fuzz
