// SPDX-License-Identifier: GPL-3.0-or-later
// SharedStore: what is costly to make is made once and shared while anybody holds it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/data/error.h"

namespace loom {

/// Thread-safe.
template <class Key, class Value>
class SharedStore {
public:
    /// The value of that key, if somebody holds it.
    [[nodiscard]] std::shared_ptr<Value> find(const Key& key) const {
        const std::scoped_lock lock(m_table);
        for (const auto& [known, value] : m_values) {
            if (known == key) return value.lock();
        }
        return nullptr;
    }
    /// The value of that key, made by `make` where nobody holds it. One is made at a time: a second caller waits for the first one's
    /// value instead of making its own.
    template <class Make>
    [[nodiscard]] Result<std::shared_ptr<Value>> get(const Key& key, const Make& make) {
        const std::scoped_lock lock(m_making);
        if (auto found = find(key)) return found;
        Result<std::shared_ptr<Value>> made = make();
        if (made) {
            const std::scoped_lock table(m_table);
            std::erase_if(m_values, [](const auto& entry) { return entry.second.expired(); });
            m_values.emplace_back(key, *made);
        }
        return made;
    }

private:
    std::mutex m_making;
    mutable std::mutex m_table;
    std::vector<std::pair<Key, std::weak_ptr<Value>>> m_values;  ///< a handful
};

}  // namespace loom
