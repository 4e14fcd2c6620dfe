// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/moving_average.h"

#include <algorithm>
#include <cstring>

#include "core/data/error.h"

namespace loom {
namespace {

std::span<const float> floatsOf(const TensorToWrite& tensor) {
    if (tensor.dtype != DType::F32) throw Error{"A moving average is kept of f32 weights only", tensor.name, "Set training.ema to 0"};
    return {reinterpret_cast<const float*>(tensor.data.data()), tensor.data.size() / sizeof(float)};
}

/// The trainer's state with other weights in it.
void put(TrainableModel& trainer, const std::map<std::string, std::span<const std::byte>>& weights) {
    std::map<std::string, TensorView, std::less<>> views;
    for (const TensorToWrite& tensor : valueOrThrow(trainer.state(true))) {
        TensorView view;
        view.dtype = tensor.dtype;
        view.shape = tensor.shape;
        const auto changed = weights.find(tensor.name);
        view.data = changed == weights.end() ? tensor.data : changed->second;
        views.emplace(tensor.name, std::move(view));
    }
    valueOrThrow(trainer.restore(views));
}

}  // namespace

MovingAverage::MovingAverage(double decay, TrainableModel& trainer) : m_decay(decay) {
    for (const TensorToWrite& tensor : valueOrThrow(trainer.state(false))) {
        const std::span<const float> values = floatsOf(tensor);
        m_parts.push_back({tensor.name, tensor.shape, {values.begin(), values.end()}});
    }
}

void MovingAverage::take(TrainableModel& trainer, std::int64_t step) {
    const auto n = static_cast<double>(step);
    const auto keep = static_cast<float>(std::min(m_decay, (1 + n) / (10 + n)));
    const std::vector<TensorToWrite> weights = valueOrThrow(trainer.state(false));
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        const std::span<const float> now = floatsOf(weights[i]);
        float* average = m_parts[i].values.data();
        for (std::size_t k = 0; k < now.size(); ++k) average[k] = keep * average[k] + (1 - keep) * now[k];
    }
}

std::vector<TensorToWrite> MovingAverage::named(const std::string& prefix) const {
    std::vector<TensorToWrite> tensors;
    for (const Part& part : m_parts) tensors.push_back({prefix + part.name, DType::F32, part.shape, std::as_bytes(std::span(part.values))});
    return tensors;
}

void MovingAverage::restore(const std::map<std::string, TensorView, std::less<>>& saved) {
    for (Part& part : m_parts) {
        const auto found = saved.find("ema." + part.name);
        if (found == saved.end())
            throw Error{"The saved state lacks the moving average of a weight", part.name, "It belongs to another configuration"};
        const TensorView& view = found->second;
        if (view.dtype != DType::F32 || view.shape != part.shape || view.data.size() != part.values.size() * sizeof(float))
            throw Error{"The moving average of a weight has another shape or type", part.name, "It belongs to another configuration"};
        std::memcpy(part.values.data(), view.data.data(), view.data.size());
    }
}

std::int64_t MovingAverage::bytes() const {
    std::int64_t bytes = 0;
    for (const Part& part : m_parts) bytes += std::ssize(part.values) * std::int64_t{sizeof(float)};
    return bytes;
}

AverageInUse::AverageInUse(const MovingAverage& average, TrainableModel& trainer) : m_trainer(trainer) {
    for (const TensorToWrite& tensor : valueOrThrow(trainer.state(false)))
        m_own.emplace(tensor.name, std::vector<std::byte>(tensor.data.begin(), tensor.data.end()));
    std::map<std::string, std::span<const std::byte>> weights;
    const std::vector<TensorToWrite> tensors = average.tensors();
    for (const TensorToWrite& tensor : tensors) weights.emplace(tensor.name, tensor.data);
    put(trainer, weights);
}

AverageInUse::~AverageInUse() {
    std::map<std::string, std::span<const std::byte>> weights;
    for (const auto& [name, bytes] : m_own) weights.emplace(name, bytes);
    (void)guarded([&] { put(m_trainer, weights); });  // the same shapes as a moment ago: what fails here has failed before
}

}  // namespace loom
