// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/memory/buffer.h"

#include <sys/mman.h>

#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "core/data/error.h"

namespace loom {

namespace {
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Large memory begins where a huge page can: what is read from end to end at every token then costs few page translations.
std::align_val_t alignmentOf(std::int64_t bytes) {
    return std::align_val_t{bytes >= static_cast<std::int64_t>(2 * kHugePage) ? kHugePage : kAlignment};
}
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
    void* memory = ::operator new(static_cast<std::size_t>(bytes), alignmentOf(bytes), std::nothrow);
    if (memory == nullptr) {
        throw Error{"Not enough memory", std::to_string(bytes) + " bytes", "Choose a smaller context or close other programs"};
    }
#ifdef MADV_HUGEPAGE
    if (alignmentOf(bytes) == std::align_val_t{kHugePage}) {
        ::madvise(memory, static_cast<std::size_t>(bytes) / kHugePage * kHugePage, MADV_HUGEPAGE);  // a wish: it may go unheard
    }
#endif
    std::memset(memory, 0, static_cast<std::size_t>(bytes));
    m_account.add(kind, bytes);
    return {*this, kind, static_cast<std::byte*>(memory), bytes};
}

void HostAllocator::copy(std::byte* to, const std::byte* from, std::int64_t bytes) {
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

void HostAllocator::release(MemoryKind kind, std::byte* data, std::int64_t bytes) noexcept {
    ::operator delete(data, alignmentOf(bytes));
    m_account.remove(kind, bytes);
}

}  // namespace loom
