// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/memory/buffer.h"

#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "core/data/error.h"

namespace loom {

namespace {

constexpr std::align_val_t kAlignment{64};

/// Large memory begins where a huge page can: what is read from end to end at every token then costs few page translations.
bool large(std::int64_t bytes) { return bytes >= 2 * kHugePage; }
bool inSlabs(MemoryKind kind, std::int64_t bytes) { return kind == MemoryKind::Cache && SlabPool::suits(bytes); }

}  // namespace

void MemoryAccount::add(MemoryKind kind, std::int64_t bytes) {
    const auto k = static_cast<std::size_t>(kind);
    const std::int64_t now = m_current[k].fetch_add(bytes) + bytes;
    std::int64_t peak = m_peak[k].load();
    while (peak < now && !m_peak[k].compare_exchange_weak(peak, now)) {
    }
}

void MemoryAccount::remove(MemoryKind kind, std::int64_t bytes) { m_current[static_cast<std::size_t>(kind)].fetch_sub(bytes); }

std::int64_t MemoryAccount::current(MemoryKind kind) const { return m_current[static_cast<std::size_t>(kind)].load(); }
std::int64_t MemoryAccount::peak(MemoryKind kind) const { return m_peak[static_cast<std::size_t>(kind)].load(); }

Buffer::Buffer(Buffer&& other) noexcept
    : m_allocator(std::exchange(other.m_allocator, nullptr)),
      m_data(std::exchange(other.m_data, nullptr)),
      m_bytes(std::exchange(other.m_bytes, 0)),
      m_kind(other.m_kind) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    reset();
    m_allocator = std::exchange(other.m_allocator, nullptr);
    m_data = std::exchange(other.m_data, nullptr);
    m_bytes = std::exchange(other.m_bytes, 0);
    m_kind = other.m_kind;
    return *this;
}

void Buffer::reset() noexcept {
    if (m_allocator != nullptr && m_data != nullptr) m_allocator->release(m_kind, m_data, m_bytes);
    m_allocator = nullptr;
    m_data = nullptr;
    m_bytes = 0;
}

Buffer HostAllocator::allocate(MemoryKind kind, std::int64_t bytes) {
    if (bytes < 0) throw Error{"A buffer of a negative size was asked for", std::to_string(bytes) + " bytes", {}};
    std::byte* memory = inSlabs(kind, bytes) ? m_slabs.take(bytes)
                        : large(bytes)       ? takeHuge(bytes)
                                       : static_cast<std::byte*>(::operator new(static_cast<std::size_t>(bytes), kAlignment, std::nothrow));
    if (memory == nullptr) {
        throw Error{"Not enough memory", std::to_string(bytes) + " bytes", "Choose a smaller context or close other programs"};
    }
    std::memset(memory, 0, static_cast<std::size_t>(bytes));
    m_account.add(kind, bytes);
    return {*this, kind, memory, bytes};
}

void HostAllocator::copy(std::byte* to, const std::byte* from, std::int64_t bytes) {
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

void HostAllocator::release(MemoryKind kind, std::byte* data, std::int64_t bytes) noexcept {
    if (inSlabs(kind, bytes)) {
        m_slabs.give(data);
    } else if (large(bytes)) {
        giveHuge(data);
    } else {
        ::operator delete(data, kAlignment);
    }
    m_account.remove(kind, bytes);
}

}  // namespace loom
