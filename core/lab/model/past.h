// SPDX-License-Identifier: GPL-3.0-or-later
// Past: where attention puts what it keeps of each position, and gets back what it kept of all.
#pragma once

#include <cstddef>

#include "core/data/ids.h"
#include "core/engine/cache/kv_cache.h"
#include "core/lab/model/tensor.h"

namespace loom::lab {

class Past {
public:
    virtual ~Past() = default;
    /// Positions kept before this run: that of the first new token.
    [[nodiscard]] virtual std::int64_t length() const = 0;
    /// Keeps the new rows [B, T, width] of one lane of one layer; returns the rows of all positions, old and new [B, S, width].
    virtual Tensor keep(LayerIndex layer, std::size_t lane, const Tensor& rows) = 0;
};

/// A text that is computed at once: nothing came before and nothing stays. S = T.
class NoPast final : public Past {
public:
    [[nodiscard]] std::int64_t length() const override { return 0; }
    Tensor keep(LayerIndex, std::size_t, const Tensor& rows) override { return rows; }
};

/// Rows in the buffers of a KvCache, B = 1. New rows are written behind the used ones, nothing else is copied. They count as
/// used only after commit(): a run that fails half-way leaves the cache as it was.
class CachedPast final : public Past {
public:
    /// `type` must be the cache's element type. Both must outlive this object. The rows before `start` are the past; those behind it are
    /// written anew.
    CachedPast(KvCache& cache, const at::TensorOptions& type, std::int64_t start) : m_cache(cache), m_type(type), m_start(start) {}
    CachedPast(KvCache& cache, const at::TensorOptions& type) : CachedPast(cache, type, cache.length()) {}
    [[nodiscard]] std::int64_t length() const override { return m_start; }
    Tensor keep(LayerIndex layer, std::size_t lane, const Tensor& rows) override;
    void commit(std::int64_t newRows) { m_cache.setLength(m_start + newRows); }

private:
    KvCache& m_cache;
    at::TensorOptions m_type;
    std::int64_t m_start;
};

/// One lane of one layer as a tensor over the cache's own memory: [capacity, width].
[[nodiscard]] Tensor laneTensor(KvCache& cache, LayerIndex layer, std::size_t lane, const at::TensorOptions& type);

}  // namespace loom::lab
