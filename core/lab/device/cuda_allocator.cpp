// SPDX-License-Identifier: GPL-3.0-or-later
// CudaAllocator: cache buffers on a GPU, taken through torch's caching allocator.
#include "core/lab/device/cuda_allocator.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include "core/data/error.h"

namespace loom::lab {

int cudaDevices() { return c10::cuda::device_count(); }

std::string cudaDeviceName(int device) {
    cudaDeviceProp properties{};
    C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
    return properties.name;
}

namespace {

c10::CachingAllocator::Stat givenOut(int device) {
    const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
    return stats.allocated_bytes[static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE)];
}

}  // namespace

std::int64_t beginCudaPeak(int device) {
    c10::cuda::CUDACachingAllocator::resetPeakStats(static_cast<c10::DeviceIndex>(device));
    return givenOut(device).current;
}

std::int64_t cudaPeak(int device) { return givenOut(device).peak; }

Buffer CudaAllocator::allocate(MemoryKind kind, std::int64_t bytes) {
    if (bytes < 0) throw Error{"A buffer of a negative size was asked for", std::to_string(bytes) + " bytes", {}};
    const auto size = static_cast<std::size_t>(bytes);
    void* memory = nullptr;
    if (bytes > 0) {
        try {
            memory = c10::cuda::CUDACachingAllocator::raw_alloc(size);
        } catch (const c10::OutOfMemoryError&) {
            throw Error{"Not enough memory on the GPU", std::to_string(bytes) + " bytes", "Choose a smaller context or compute on the CPU"};
        }
    }
    m_account.add(kind, bytes);
    Buffer buffer(*this, kind, static_cast<std::byte*>(memory), bytes);
    if (bytes > 0) C10_CUDA_CHECK(cudaMemsetAsync(memory, 0, size, c10::cuda::getCurrentCUDAStream()));
    return buffer;
}

void CudaAllocator::copy(std::byte* to, const std::byte* from, std::int64_t bytes) {
    if (bytes == 0) return;
    C10_CUDA_CHECK(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice, c10::cuda::getCurrentCUDAStream()));
}

void CudaAllocator::release(MemoryKind kind, std::byte* data, std::int64_t bytes) noexcept {
    c10::cuda::CUDACachingAllocator::raw_delete(data);
    m_account.remove(kind, bytes);
}

}  // namespace loom::lab
