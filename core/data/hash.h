// SPDX-License-Identifier: GPL-3.0-or-later
// FNV-1a: a hash of 64 bits for telling contents apart, not for protection.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace loom {

class Fnv1a {
public:
    constexpr void add(std::uint32_t unit) { m_hash = (m_hash ^ unit) * 0x100000001B3ULL; }
    constexpr void add(std::string_view bytes) {
        for (const char byte : bytes) add(static_cast<std::uint32_t>(static_cast<unsigned char>(byte)));
    }
    [[nodiscard]] constexpr std::uint64_t value() const { return m_hash; }

private:
    std::uint64_t m_hash = 0xCBF29CE484222325ULL;
};

/// As hexadecimal digits.
[[nodiscard]] inline std::string hexText(std::uint64_t value) {
    std::array<char, 16> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, 16);
    return {text.data(), end};
}

}  // namespace loom
