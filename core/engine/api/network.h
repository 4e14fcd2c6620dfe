// SPDX-License-Identifier: GPL-3.0-or-later
// Network: a model's weights, ready to write stories, on the fast path or on the reference path.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/data/precision.h"
#include "core/engine/api/lab.h"
#include "core/engine/api/sequence.h"

namespace loom {

/// How a network is computed.
struct NetworkOptions {
    MlaPath path = MlaPath::Absorbed;  ///< meaningful where both exist
    PrecisionChoice precision = PrecisionChoice::Auto;
    DType cacheType = DType::F32;  ///< what caches keep: f32, bf16, f16 or int8
    bool operator==(const NetworkOptions&) const = default;
};

struct NetworkFacts {
    std::string path;       ///< "fast", "fast-absorbed", "reference-naive", …: whose code runs and how a latent is decoded
    bool fast = false;      ///< the fast path computes
    std::string precision;  ///< of the weights: "f32", "bf16", "int8" or "int4"
    std::string device;     ///< "CPU" or "CUDA: NVIDIA …"
    std::string kernels;    ///< "AVX2", "LibTorch"
    std::int64_t threads = 1;
    std::int64_t weightBytes = 0;
    std::string whyReference;  ///< why the fast path is not used, as a sentence; empty where it is, or where nobody asked for it
};

/// Thread-safe. Lives as long as anybody holds it or one of its sequences.
class Network {
public:
    virtual ~Network() = default;
    /// An empty sequence with room for `capacity` positions.
    [[nodiscard]] virtual Result<std::unique_ptr<Sequence>> newSequence(std::int64_t capacity) const = 0;
    [[nodiscard]] virtual NetworkFacts facts() const = 0;

    /// The same text once more, sharing what its cache holds; it has room for `capacity` positions. On the fast path only: an Error else.
    [[nodiscard]] virtual Result<std::unique_ptr<Sequence>> fork(const Sequence& sequence, std::int64_t capacity) const = 0;
    /// Of the sequence's cacheUse().bytes: in blocks that forks of it use too.
    [[nodiscard]] virtual std::int64_t sharedBytes(const Sequence& sequence) const = 0;
    /// Appends tokens[i] to sequences[i], all of this network, in one pass over the weights; logits [n, V]. The same bits as one after the
    /// other. On the fast path only: an Error else.
    [[nodiscard]] virtual Result<void> forwardTogether(std::span<Sequence* const> sequences, std::span<const TokenId> tokens,
                                                       std::vector<float>& logits) const = 0;
};

}  // namespace loom
