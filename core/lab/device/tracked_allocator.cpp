// SPDX-License-Identifier: GPL-3.0-or-later
// CountTensors: a wrapper around torch's CPU allocator that remembers the blocks made inside scopes in a table. Nothing is written into
// the blocks: operators of oneDNN take memory by the raw interface, where a block must begin where its memory begins.
#include "core/lab/device/tracked_allocator.h"

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace loom::lab {
namespace {

thread_local CountTensors* t_scope = nullptr;

/// What is known of a counted block.
struct Block {
    MemoryAccount* account;
    std::int64_t bytes;
    std::uint64_t scope;
    MemoryKind kind;
};

/// Counted blocks by address, in parts with a lock each so that threads seldom meet.
class BlockTable {
public:
    void add(const void* memory, const Block& block) {
        Part& part = partOf(memory);
        const std::scoped_lock lock(part.lock);
        part.blocks[memory] = block;
        ++m_count;
    }
    std::optional<Block> take(const void* memory) {
        if (m_count.load() == 0) return std::nullopt;
        Part& part = partOf(memory);
        const std::scoped_lock lock(part.lock);
        const auto found = part.blocks.find(memory);
        if (found == part.blocks.end()) return std::nullopt;
        const Block block = found->second;
        part.blocks.erase(found);
        --m_count;
        return block;
    }

private:
    struct Part {
        std::mutex lock;
        std::unordered_map<const void*, Block> blocks;
    };
    Part& partOf(const void* memory) { return m_parts[(reinterpret_cast<std::uintptr_t>(memory) / 64) % m_parts.size()]; }

    std::array<Part, 64> m_parts;
    std::atomic<std::int64_t> m_count{0};
};

BlockTable& table() {
    static auto* const blocks = new BlockTable;  // lives as long as the process: tensors may be freed while it ends
    return *blocks;
}

std::atomic<c10::DeleterFnPtr> g_release{nullptr};  // torch's own

}  // namespace

class TrackedAllocator final : public c10::Allocator {
public:
    explicit TrackedAllocator(c10::Allocator& inner) : m_inner(inner) { g_release = inner.raw_deleter(); }

    c10::DataPtr allocate(std::size_t bytes) override {
        c10::DataPtr block = m_inner.allocate(bytes);
        void* memory = block.release_context();
        if (CountTensors* scope = t_scope; scope != nullptr && memory != nullptr) {
            const auto size = static_cast<std::int64_t>(bytes);
            table().add(memory, {&scope->m_account, size, scope->m_id, scope->m_kind});
            scope->m_account.add(scope->m_kind, size);
            Allocations& a = scope->m_allocations;
            a.total += size;
            a.alive += size;
            a.peak = std::max(a.peak, a.alive);
            a.largest = std::max(a.largest, size);
        }
        return {memory, memory, &TrackedAllocator::release, c10::Device(c10::kCPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &TrackedAllocator::release; }
    void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }

private:
    static void release(void* memory) {
        if (memory == nullptr) return;
        if (const auto block = table().take(memory)) {  // before the memory is free for another block
            block->account->remove(block->kind, block->bytes);
            if (t_scope != nullptr && t_scope->m_id == block->scope) t_scope->m_allocations.alive -= block->bytes;
        }
        g_release.load()(memory);
    }

    c10::Allocator& m_inner;
};

namespace {

void install() {
    static const bool installed = [] {
        c10::Allocator* own = c10::GetCPUAllocator();
        if (own->raw_deleter() == nullptr) return false;  // another wrapper that cannot be wrapped: then nothing is counted
        c10::SetCPUAllocator(new TrackedAllocator(*own), /*priority=*/100);  // lives as long as the process, as torch's own does
        return true;
    }();
    (void)installed;
}

std::uint64_t nextId() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

}  // namespace

CountTensors::CountTensors(MemoryAccount& account, MemoryKind kind) : m_account(account), m_kind(kind), m_id(nextId()), m_outer(t_scope) {
    install();
    t_scope = this;
}

CountTensors::~CountTensors() { t_scope = m_outer; }

}  // namespace loom::lab
