// SPDX-License-Identifier: GPL-3.0-or-later
// Philox4x32-10 and the one conversion to a float.
#include "core/engine/generate/philox.h"

#include "core/engine/generate/sampler.h"

namespace loom {
namespace {

constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < kRounds; ++round) {
        const std::uint64_t product0 = kMultiplier0 * counter[0];
        const std::uint64_t product1 = kMultiplier1 * counter[2];
        counter = {high(product1) ^ counter[1] ^ key[0], low(product1), high(product0) ^ counter[3] ^ key[1], low(product0)};
        key[0] += kWeyl0;
        key[1] += kWeyl1;
    }
    return counter;
}

float uniformAt(std::uint64_t seed, std::uint64_t position, RandomStream stream) {
    const auto words = philox4x32({low(position), high(position), static_cast<std::uint32_t>(stream), 0}, {low(seed), high(seed)});
    return static_cast<float>(words[0] >> 8) * 0x1p-24F;
}

}  // namespace loom
