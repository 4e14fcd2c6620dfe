// SPDX-License-Identifier: GPL-3.0-or-later
// Buffers whose every byte is counted by kind.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/engine/memory/slab_pool.h"

namespace loom {

enum class MemoryKind : std::uint8_t { Weights, Cache, Activations, Optimiser, Other };
inline constexpr std::size_t kMemoryKinds = 5;

/// Bytes alive and the highest they have been, per kind. Thread-safe.
class MemoryAccount {
public:
    void add(MemoryKind kind, std::int64_t bytes);
    void remove(MemoryKind kind, std::int64_t bytes);
    [[nodiscard]] std::int64_t current(MemoryKind kind) const;
    [[nodiscard]] std::int64_t peak(MemoryKind kind) const;

private:
    std::array<std::atomic<std::int64_t>, kMemoryKinds> m_current{};
    std::array<std::atomic<std::int64_t>, kMemoryKinds> m_peak{};
};

class BufferAllocator;

/// Owned, 64-byte aligned memory; gives itself back to the allocator that made it.
class Buffer {
public:
    Buffer() = default;
    Buffer(BufferAllocator& allocator, MemoryKind kind, std::byte* data, std::int64_t bytes)
        : m_allocator(&allocator), m_data(data), m_bytes(bytes), m_kind(kind) {}
    ~Buffer() { reset(); }
    Buffer(Buffer&& other) noexcept;
    Buffer& operator=(Buffer&& other) noexcept;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    [[nodiscard]] std::byte* data() { return m_data; }
    [[nodiscard]] const std::byte* data() const { return m_data; }
    [[nodiscard]] std::int64_t bytes() const { return m_bytes; }

private:
    void reset() noexcept;

    BufferAllocator* m_allocator = nullptr;
    std::byte* m_data = nullptr;
    std::int64_t m_bytes = 0;
    MemoryKind m_kind = MemoryKind::Other;
};

/// Where buffers come from: host memory here, a GPU's in core/lab. Must outlive its buffers.
class BufferAllocator {
public:
    virtual ~BufferAllocator() = default;
    /// Zero-filled. Throws Error when `bytes` is negative or cannot be had.
    [[nodiscard]] virtual Buffer allocate(MemoryKind kind, std::int64_t bytes) = 0;
    /// Copies between two buffers' memory, which both live where this allocator allocates.
    virtual void copy(std::byte* to, const std::byte* from, std::int64_t bytes) = 0;

private:
    friend class Buffer;
    virtual void release(MemoryKind kind, std::byte* data, std::int64_t bytes) noexcept = 0;
};

/// Host memory, counted in `account`.
class HostAllocator final : public BufferAllocator {
public:
    explicit HostAllocator(MemoryAccount& account) : m_account(account) {}
    [[nodiscard]] Buffer allocate(MemoryKind kind, std::int64_t bytes) override;
    void copy(std::byte* to, const std::byte* from, std::int64_t bytes) override;

private:
    void release(MemoryKind kind, std::byte* data, std::int64_t bytes) noexcept override;
    MemoryAccount& m_account;
    SlabPool m_slabs;  ///< of cache blocks
};

}  // namespace loom
