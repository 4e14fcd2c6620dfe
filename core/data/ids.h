// SPDX-License-Identifier: GPL-3.0-or-later
// Strong index types: a layer is not a head, a head is not a token.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace loom {

/// A number that only mixes with its own kind. `Tag` is never defined.
template <class Tag>
class Id {
public:
    constexpr Id() = default;
    constexpr explicit Id(std::int64_t value) : m_value(value) {}
    [[nodiscard]] constexpr std::int64_t value() const { return m_value; }
    /// For indexing containers. The value must not be negative.
    [[nodiscard]] constexpr std::size_t index() const { return static_cast<std::size_t>(m_value); }
    constexpr auto operator<=>(const Id&) const = default;

private:
    std::int64_t m_value = 0;
};

using LayerIndex = Id<struct LayerTag>;  ///< 0-based layer
using HeadIndex = Id<struct HeadTag>;    ///< 0-based attention head
using TokenId = Id<struct TokenTag>;     ///< row of the vocabulary
using JobId = Id<struct JobTag>;         ///< one request to the engine; 0 means none

using TokenIds = std::vector<TokenId>;

}  // namespace loom

template <class Tag>
struct std::hash<loom::Id<Tag>> {
    std::size_t operator()(const loom::Id<Tag>& id) const noexcept { return std::hash<std::int64_t>{}(id.value()); }
};
