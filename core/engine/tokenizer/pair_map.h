// SPDX-License-Identifier: GPL-3.0-or-later
// A hash table from pairs of 32-bit numbers to a small value: what merging asks for at every step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace loom {

/// Open addressing in one block of memory. The pair (2^32 - 1, 2^32 - 1) cannot be a key.
template <class Value>
class PairMap {
public:
    /// Replaces what the pair had.
    void set(std::uint32_t left, std::uint32_t right, const Value& value) {
        if (2 * (m_used + 1) > m_slots.size()) grow();
        Slot& slot = m_slots[place(m_slots, key(left, right))];
        if (slot.key == kEmpty) ++m_used;
        slot = {key(left, right), value};
    }
    /// The value of a pair, or null.
    [[nodiscard]] const Value* find(std::uint32_t left, std::uint32_t right) const {
        if (m_slots.empty()) return nullptr;
        const Slot& slot = m_slots[place(m_slots, key(left, right))];
        return slot.key == kEmpty ? nullptr : &slot.value;
    }
    /// Calls back with (left, right, value) of every pair, in no particular order.
    template <class Visitor>
    void forEach(const Visitor& visit) const {
        for (const Slot& slot : m_slots) {
            if (slot.key != kEmpty) visit(static_cast<std::uint32_t>(slot.key >> 32), static_cast<std::uint32_t>(slot.key), slot.value);
        }
    }

private:
    static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};
    struct Slot {
        std::uint64_t key = kEmpty;
        Value value{};
    };
    static std::uint64_t key(std::uint32_t left, std::uint32_t right) { return std::uint64_t{left} << 32 | right; }
    static std::size_t place(const std::vector<Slot>& slots, std::uint64_t wanted) {
        std::uint64_t hash = wanted * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 32;
        const std::size_t mask = slots.size() - 1;
        std::size_t at = static_cast<std::size_t>(hash) & mask;
        while (slots[at].key != kEmpty && slots[at].key != wanted) at = (at + 1) & mask;
        return at;
    }
    void grow() {
        std::vector<Slot> larger(m_slots.empty() ? 64 : 2 * m_slots.size());
        for (const Slot& slot : m_slots) {
            if (slot.key != kEmpty) larger[place(larger, slot.key)] = slot;
        }
        m_slots = std::move(larger);
    }

    std::vector<Slot> m_slots;  // a power of two, at most half full
    std::size_t m_used = 0;
};

}  // namespace loom
