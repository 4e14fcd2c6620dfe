// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints in memory with random weights, for tests of the network that need no files.
#pragma once

#include <cstdint>
#include <string>

#include "core/engine/checkpoint/checkpoint.h"

namespace loom::test {

/// One network to test, and how it is called in test names.
struct NetworkCase {
    std::string name;
    ModelConfig config;
};

/// MHA, GQA, MQA, the joint latent, the latent per head and the shared latents in all their variants: layouts, biases, query rank,
/// positions, rotary scalings (Dynamic apart), windows, scales, norms, feed-forward networks, experts, tied and untied heads.
/// D 24, L 2, V 31, context 128.
[[nodiscard]] std::vector<NetworkCase> networkCases();
/// The case of that name.
[[nodiscard]] ModelConfig networkCase(const std::string& name);

/// Every tensor that `config` needs, f32, none at its default. The bytes are deliberately not aligned.
[[nodiscard]] Checkpoint memoryCheckpoint(const ModelConfig& config, std::uint64_t seed = 7);

/// T tokens that are all in the vocabulary, always the same.
[[nodiscard]] TokenIds someTokens(std::int64_t count, std::int64_t vocab);

}  // namespace loom::test
