// SPDX-License-Identifier: GPL-3.0-or-later
// CountTensors: what tensors in host memory take, counted where torch allocates them.
#pragma once

#include <cstdint>

#include "core/engine/memory/buffer.h"

namespace loom::lab {

/// What one stretch of computing allocated in host memory.
struct Allocations {
    std::int64_t total = 0;    ///< sum of all sizes, freed ones too
    std::int64_t peak = 0;     ///< most that was alive at once
    std::int64_t largest = 0;  ///< the largest single tensor
    std::int64_t alive = 0;    ///< now; negative never
};

/// While it lives, every tensor that this thread makes in host memory stands in `account` as `kind` until it is freed, on whatever
/// thread and however late. Scopes may be nested: the innermost counts. The account must outlive the tensors, and a scope the frees that
/// `allocations()` is to know of. Installs a wrapper around torch's CPU allocator at the first use; outside scopes it does nothing.
class CountTensors {
public:
    CountTensors(MemoryAccount& account, MemoryKind kind);
    ~CountTensors();
    CountTensors(const CountTensors&) = delete;
    CountTensors& operator=(const CountTensors&) = delete;

    [[nodiscard]] const Allocations& allocations() const { return m_allocations; }

private:
    friend class TrackedAllocator;

    MemoryAccount& m_account;
    MemoryKind m_kind;
    std::uint64_t m_id;  ///< different for every scope of this process
    CountTensors* m_outer;
    Allocations m_allocations;
};

}  // namespace loom::lab
