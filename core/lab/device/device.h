// SPDX-License-Identifier: GPL-3.0-or-later
// Device: where a network computes and where its caches lie.
#pragma once

#include <memory>
#include <string>

#include "core/engine/api/lab.h"
#include "core/engine/memory/buffer.h"
#include "core/lab/model/tensor.h"

namespace loom::lab {

/// Whether this build knows CUDA and a device answers.
[[nodiscard]] bool cudaAvailable();
/// Throws Error saying why a CUDA device cannot be used.
[[nodiscard]] at::Device deviceFor(DeviceKind kind);
/// "CPU" or "CUDA: NVIDIA …"
[[nodiscard]] std::string deviceName(const at::Device& device);
/// What work on a GPU takes from torch's caching allocator, by that allocator's own statistics: while it lives nothing stands in the
/// account, then the most that was alive at once beyond what was before goes into the account's peak. On the CPU it does nothing:
/// CountTensors counts.
class CountDevice {
public:
    CountDevice(MemoryAccount& account, MemoryKind kind, const at::Device& device);
    ~CountDevice();
    CountDevice(const CountDevice&) = delete;
    CountDevice& operator=(const CountDevice&) = delete;

private:
    [[maybe_unused]] MemoryAccount& m_account;
    [[maybe_unused]] MemoryKind m_kind;
    [[maybe_unused]] at::Device m_device;
    [[maybe_unused]] std::int64_t m_before = 0;  ///< bytes given out when it began
};

/// Memory on `device`, counted in `account`, which must outlive it.
[[nodiscard]] std::unique_ptr<BufferAllocator> makeAllocator(const at::Device& device, MemoryAccount& account);

}  // namespace loom::lab
