// SPDX-License-Identifier: GPL-3.0-or-later
// Weights: a checkpoint's tensors, copied into the type that the network computes in.
#include "core/lab/model/weights.h"

#include <ATen/ops/empty.h>

#include "core/data/error.h"
#include "core/engine/checkpoint/tensor_layout.h"

namespace loom::lab {
namespace {

at::ScalarType scalarType(const std::string& tensorName, DType type) {
    switch (type) {
        case DType::F64: return at::kDouble;
        case DType::F32: return at::kFloat;
        case DType::BF16: return at::kBFloat16;
        case DType::F16: return at::kHalf;
        default: break;
    }
    throw Error{"A weight has element type " + std::string(name(type)), tensorName, "Weights must be f64, f32, bf16 or f16"};
}

/// Copies elements that need not be aligned nor in order, then converts.
Tensor copied(const std::string& tensorName, const TensorView& view, const at::TensorOptions& type) {
    const Tensor stored = at::empty(view.shape, at::TensorOptions().dtype(scalarType(tensorName, plainType(view.dtype))));
    if (!layoutFits(view)) throw Error{"A tensor's size does not fit its shape", tensorName, "The file is damaged: get it again"};
    copyElements(view, {static_cast<std::byte*>(stored.mutable_data_ptr()), stored.nbytes()});
    return stored.to(type);
}

}  // namespace

std::string layerPrefix(LayerIndex layer) { return "model.layers." + std::to_string(layer.value()) + "."; }

Weights::Weights(const Checkpoint& checkpoint, const at::TensorOptions& type, MemoryAccount& account, const std::stop_token& stop)
    : m_counted(account, MemoryKind::Weights) {
    for (const auto& [tensorName, view] : checkpoint.tensors) {
        if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        const Tensor tensor = copied(tensorName, view, type);
        m_counted.add(static_cast<std::int64_t>(tensor.nbytes()));
        m_tensors.emplace(tensorName, tensor);
    }
}

Weights::Weights(const Weights& base, const std::map<std::string, Tensor, std::less<>>& changed)
    : m_counted(base.m_counted.account(), MemoryKind::Weights), m_tensors(base.m_tensors) {
    for (const auto& [tensorName, tensor] : changed) m_tensors.at(tensorName) = tensor;
}

const Tensor& Weights::tensor(const std::string& name) const {
    const auto found = m_tensors.find(name);
    if (found == m_tensors.end()) throw Error{"The checkpoint lacks a tensor", name, "Get the complete checkpoint"};
    return found->second;
}

Linear Weights::linear(const std::string& name, bool bias) const {
    const auto shadow = m_shadows.find(name + ".weight");
    return {tensor(name + ".weight"), bias ? tensor(name + ".bias") : Tensor{}, shadow == m_shadows.end() ? Tensor{} : shadow->second};
}

Norm Weights::norm(const std::string& name, NormKind kind, double eps, bool bias) const {
    return {tensor(name + ".weight"), kind == NormKind::Layer && bias ? tensor(name + ".bias") : Tensor{}, eps, kind, m_activations};
}

void Weights::makeTrainable(at::ScalarType activations) {
    m_activations = activations;
    for (auto& [name, weight] : m_tensors) {
        weight.requires_grad_(true);
        const bool product = weight.dim() == 2 && name != "model.embed_positions.weight" && !name.ends_with("mlp.gate.weight");
        if (activations == at::kBFloat16 && product) {
            const Tensor& shadow = m_shadows.emplace(name, weight.detach().to(at::kBFloat16)).first->second;
            m_counted.add(static_cast<std::int64_t>(shadow.nbytes()));
        }
    }
}

void Weights::refreshShadows() {
    for (auto& [name, shadow] : m_shadows) shadow.copy_(m_tensors.at(name).detach());
}

}  // namespace loom::lab
