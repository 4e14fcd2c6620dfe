// SPDX-License-Identifier: GPL-3.0-or-later
// Device: where a network computes and where its caches lie.
#include "core/lab/device/device.h"

#include "core/data/error.h"

#ifdef LATENTLOOM_WITH_CUDA
#include "core/lab/device/cuda_allocator.h"
#endif

namespace loom::lab {

CountDevice::CountDevice(MemoryAccount& account, MemoryKind kind, const at::Device& device)
    : m_account(account), m_kind(kind), m_device(device) {
#ifdef LATENTLOOM_WITH_CUDA
    if (m_device.is_cuda()) m_before = beginCudaPeak(m_device.index());
#endif
}

CountDevice::~CountDevice() {
#ifdef LATENTLOOM_WITH_CUDA
    if (!m_device.is_cuda()) return;
    const std::int64_t most = cudaPeak(m_device.index()) - m_before;
    m_account.add(m_kind, most);
    m_account.remove(m_kind, most);
#endif
}

#ifdef LATENTLOOM_WITH_CUDA

bool cudaAvailable() { return cudaDevices() > 0; }

at::Device deviceFor(DeviceKind kind) {
    if (kind == DeviceKind::Cpu) return at::kCPU;
    if (!cudaAvailable()) throw Error{"No CUDA device answers", {}, "Check the driver with nvidia-smi, or compute on the CPU"};
    return {at::kCUDA, 0};
}

std::string deviceName(const at::Device& device) { return device.is_cuda() ? "CUDA: " + cudaDeviceName(device.index()) : "CPU"; }

std::unique_ptr<BufferAllocator> makeAllocator(const at::Device& device, MemoryAccount& account) {
    if (device.is_cuda()) return std::make_unique<CudaAllocator>(account);
    return std::make_unique<HostAllocator>(account);
}

#else

bool cudaAvailable() { return false; }

at::Device deviceFor(DeviceKind kind) {
    if (kind == DeviceKind::Cpu) return at::kCPU;
    throw Error{
        "This build computes on the CPU only", {}, "Configure with -DLATENTLOOM_WITH_CUDA=ON and a CUDA LibTorch, or compute on the CPU"};
}

std::string deviceName(const at::Device&) { return "CPU"; }

std::unique_ptr<BufferAllocator> makeAllocator(const at::Device&, MemoryAccount& account) {
    return std::make_unique<HostAllocator>(account);
}

#endif

}  // namespace loom::lab
