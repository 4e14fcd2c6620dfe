// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors made inside counted scopes, for tests that see no torch.
#pragma once

#include <cstdint>
#include <memory>

#include "core/lab/device/tracked_allocator.h"

namespace loom::test {

/// Makes and holds tensors of bytes.
class HeldTensors {
public:
    HeldTensors();
    ~HeldTensors();
    /// Allocates on this thread. Returns where the memory begins.
    const void* make(std::int64_t bytes);
    /// Makes the last tensor longer, keeping what is in it; true if its bytes are still there.
    [[nodiscard]] bool grow(std::int64_t bytes);
    /// Frees all on this thread.
    void drop();

private:
    struct Inside;
    std::unique_ptr<Inside> m_inside;
};

}  // namespace loom::test
