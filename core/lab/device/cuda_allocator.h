// SPDX-License-Identifier: GPL-3.0-or-later
// CudaAllocator: cache buffers on a GPU. Compiled only with LATENTLOOM_WITH_CUDA.
#pragma once

#include <cstdint>
#include <string>

#include "core/engine/memory/buffer.h"

namespace loom::lab {

[[nodiscard]] int cudaDevices();                       ///< 0 where the driver does not answer
[[nodiscard]] std::string cudaDeviceName(int device);  ///< "NVIDIA …"

/// Bytes that torch's caching allocator has given out now; its peak starts from there.
[[nodiscard]] std::int64_t beginCudaPeak(int device);
/// The most bytes given out at once since beginCudaPeak().
[[nodiscard]] std::int64_t cudaPeak(int device);

/// Takes memory of the current device through torch's caching allocator, so that its statistics count caches too.
/// Work is ordered on the current stream.
class CudaAllocator final : public BufferAllocator {
public:
    explicit CudaAllocator(MemoryAccount& account) : m_account(account) {}
    [[nodiscard]] Buffer allocate(MemoryKind kind, std::int64_t bytes) override;
    void copy(std::byte* to, const std::byte* from, std::int64_t bytes) override;

private:
    void release(MemoryKind kind, std::byte* data, std::int64_t bytes) noexcept override;
    MemoryAccount& m_account;
};

}  // namespace loom::lab
