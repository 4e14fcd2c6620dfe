// SPDX-License-Identifier: GPL-3.0-or-later
// Weights: a checkpoint's tensors, copied into the type that the network computes in.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/memory/buffer.h"
#include "core/lab/model/linear.h"
#include "core/lab/model/norm.h"

namespace loom::lab {

/// "model.layers.3."
[[nodiscard]] std::string layerPrefix(LayerIndex layer);

/// Bytes that stand in an account as long as this object lives. The account must outlive it.
class CountedBytes {
public:
    CountedBytes(MemoryAccount& account, MemoryKind kind) : m_account(account), m_kind(kind) {}
    ~CountedBytes() { m_account.remove(m_kind, m_bytes); }
    CountedBytes(const CountedBytes&) = delete;
    CountedBytes& operator=(const CountedBytes&) = delete;
    void add(std::int64_t bytes) {
        m_account.add(m_kind, bytes);
        m_bytes += bytes;
    }
    [[nodiscard]] std::int64_t bytes() const { return m_bytes; }
    [[nodiscard]] MemoryAccount& account() const { return m_account; }

private:
    MemoryAccount& m_account;
    MemoryKind m_kind;
    std::int64_t m_bytes = 0;
};

class Weights {
public:
    /// Copies every tensor; `type` is f32 or f64 on the device that computes. Throws Error naming the tensor, or "Cancelled".
    Weights(const Checkpoint& checkpoint, const at::TensorOptions& type, MemoryAccount& account, const std::stop_token& stop);

    /// The same weights but for those in `changed`; all others are shared, and only the original counts them.
    Weights(const Weights& base, const std::map<std::string, Tensor, std::less<>>& changed);

    /// By canonical name, e.g. "model.norm.weight". Throws Error if the checkpoint has none.
    [[nodiscard]] const Tensor& tensor(const std::string& name) const;
    /// "NAME.weight" and, if there is a bias, "NAME.bias".
    [[nodiscard]] Linear linear(const std::string& name, bool bias) const;
    /// "NAME.weight" and, for Layer unless `bias` is false, "NAME.bias".
    [[nodiscard]] Norm norm(const std::string& name, NormKind kind, double eps, bool bias = true) const;
    /// All tensors by canonical name.
    [[nodiscard]] const std::map<std::string, Tensor, std::less<>>& all() const { return m_tensors; }

    /// Makes every tensor a leaf that collects gradients. With `activations` bf16 each matrix gets a bf16 shadow that products are
    /// computed with; refreshShadows() brings them up to date after the weights have changed.
    void makeTrainable(at::ScalarType activations);
    void refreshShadows();
    [[nodiscard]] std::int64_t bytes() const { return m_counted.bytes(); }

private:
    CountedBytes m_counted;
    std::map<std::string, Tensor, std::less<>> m_tensors;
    std::map<std::string, Tensor, std::less<>> m_shadows;  ///< of matrices, while training in mixed precision
    at::ScalarType m_activations = at::kFloat;             ///< what norms hand on while training
};

}  // namespace loom::lab
