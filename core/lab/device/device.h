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
/// Memory on `device`, counted in `account`, which must outlive it.
[[nodiscard]] std::unique_ptr<BufferAllocator> makeAllocator(const at::Device& device, MemoryAccount& account);

}  // namespace loom::lab
