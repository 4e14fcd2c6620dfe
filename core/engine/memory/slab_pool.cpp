// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/memory/slab_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace loom {
namespace {

constexpr std::align_val_t kHugeAlignment{static_cast<std::size_t>(kHugePage)};

}  // namespace

std::byte* takeHuge(std::int64_t bytes) noexcept {
    auto* memory = static_cast<std::byte*>(::operator new(static_cast<std::size_t>(bytes), kHugeAlignment, std::nothrow));
#ifdef MADV_HUGEPAGE
    if (memory != nullptr) ::madvise(memory, static_cast<std::size_t>(bytes / kHugePage * kHugePage), MADV_HUGEPAGE);
#endif
    return memory;
}

void giveHuge(std::byte* memory) noexcept { ::operator delete(memory, kHugeAlignment); }

SlabPool::~SlabPool() {
    for (const auto& [begin, slab] : m_slabs) giveHuge(begin);
}

std::byte* SlabPool::take(std::int64_t bytes) {
    const std::int64_t piece = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    const std::lock_guard lock(m_mutex);
    const auto pieceOf = [](std::byte* begin, Slab& slab) {
        const auto place = std::find(slab.free.begin(), slab.free.end(), true);
        *place = false;
        ++slab.taken;
        return begin + (place - slab.free.begin()) * slab.piece;
    };
    for (auto& [begin, slab] : m_slabs) {
        if (slab.piece == piece && slab.taken < std::ssize(slab.free)) return pieceOf(begin, slab);
    }
    std::byte* begin = takeHuge(kSlab);
    if (begin == nullptr) return nullptr;
    Slab& slab = m_slabs[begin];
    slab.piece = piece;
    slab.free.assign(static_cast<std::size_t>(kSlab / piece), true);
    return pieceOf(begin, slab);
}

void SlabPool::give(std::byte* piece) noexcept {
    const std::lock_guard lock(m_mutex);
    const auto found = std::prev(m_slabs.upper_bound(piece));
    Slab& slab = found->second;
    slab.free[static_cast<std::size_t>((piece - found->first) / slab.piece)] = true;
    if (--slab.taken > 0) return;
    giveHuge(found->first);
    m_slabs.erase(found);
}

std::int64_t SlabPool::slabs() const {
    const std::lock_guard lock(m_mutex);
    return std::ssize(m_slabs);
}

}  // namespace loom
