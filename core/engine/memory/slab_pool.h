// SPDX-License-Identifier: GPL-3.0-or-later
// SlabPool: pieces of equal size from memory that huge pages can back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace loom {

/// Bytes that one translation of the processor covers where the system grants huge pages.
inline constexpr std::int64_t kHugePage = std::int64_t{2} << 20;

/// Memory of at least kHugePage that begins where a huge page can; the wish for huge pages may go unheard. Null where memory is short.
[[nodiscard]] std::byte* takeHuge(std::int64_t bytes) noexcept;
void giveHuge(std::byte* memory) noexcept;

/// A cache is read from end to end at every token, but lies in blocks much smaller than a huge page, and translating addresses of small
/// pages costs more than reading them. So blocks of one size share slabs. Thread-safe.
class SlabPool {
public:
    SlabPool() = default;
    SlabPool(const SlabPool&) = delete;
    SlabPool& operator=(const SlabPool&) = delete;
    ~SlabPool();

    /// Whether pieces of a size are worth slabs.
    [[nodiscard]] static bool suits(std::int64_t bytes) { return bytes >= kSmallest && bytes <= kSlab / 4; }
    /// 64-byte aligned, not cleared; null where memory is short. The lowest free piece, so that a text's blocks lie behind each other.
    [[nodiscard]] std::byte* take(std::int64_t bytes);
    void give(std::byte* piece) noexcept;
    /// Slabs that are held now.
    [[nodiscard]] std::int64_t slabs() const;

private:
    static constexpr std::int64_t kSmallest = 16384;
    static constexpr std::int64_t kSlab = 4 * kHugePage;
    static constexpr std::int64_t kAlignment = 64;

    struct Slab {
        std::int64_t piece = 0;  ///< bytes, rounded up to kAlignment
        std::int64_t taken = 0;
        std::vector<bool> free;
    };
    mutable std::mutex m_mutex;
    std::map<std::byte*, Slab> m_slabs;  ///< by where they begin
};

}  // namespace loom
