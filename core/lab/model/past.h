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
    /// Where keep() returns rows that the one new position must not see: [S] true for those, for a query that sees `window` positions, its
    /// own included (0 = all before it). Undefined = the rows are those up to the new ones.
    [[nodiscard]] virtual Tensor unseen(std::int64_t window) const { return (void)window, Tensor(); }
    /// Where the new row stands, as a tensor: [1] int64, so that a recorded step can be played at another place. Undefined = at length().
    [[nodiscard]] virtual Tensor place() const { return {}; }
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
    /// `type` is what the network computes in; where the cache keeps another, cells are converted when written and read, so that a
    /// position always sees what is kept of it. The rows before `start` are the past; those behind it are written anew. The cache must
    /// outlive this object.
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

/// Writes rows [n, width] of one lane of one layer from position `first` on. In I8 each row is divided by its scale, the largest absolute
/// value / 127, and rounded to the nearest whole number.
void writeRows(KvCache& cache, LayerIndex layer, std::size_t lane, std::int64_t first, const Tensor& rows);
/// Rows [first, first + count) as `type` [count, width]: the cache's own memory where it keeps that type, else converted.
[[nodiscard]] Tensor readRows(KvCache& cache, LayerIndex layer, std::size_t lane, std::int64_t first, std::int64_t count,
                              const at::TensorOptions& type);
/// The type of tensors over the cells of a cache. Throws Error for one that no cache keeps.
[[nodiscard]] at::ScalarType cellType(DType dtype);

}  // namespace loom::lab
