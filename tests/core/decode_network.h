// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of the fast path share: a model of a checkpoint in memory, logits of a text in blocks, differences.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "core/engine/decode/decode_model.h"
#include "core/engine/decode/decode_sequence.h"
#include "tests/core/reference/memory_checkpoint.h"

namespace loom::test {

using decode::DecodeModel;
using decode::DecodeOptions;
using decode::DecodeSequence;

inline constexpr ForwardOptions kAllLogits{true, false, std::nullopt, false, false};

inline std::shared_ptr<DecodeModel> decodeModel(const Checkpoint& checkpoint, MemoryAccount& account, Precision precision,
                                                std::int64_t threads = 1, MlaPath path = MlaPath::Absorbed, DType cache = DType::F32) {
    return valueOrThrow(DecodeModel::build(checkpoint, {precision, threads, path, cache}, account));
}

/// All logits of a text that is computed in blocks of these sizes, the last one again and again until the text is over.
inline std::vector<float> logitsInBlocks(DecodeSequence& sequence, std::span<const TokenId> tokens,
                                         const std::vector<std::int64_t>& blocks) {
    std::vector<float> logits;
    ForwardOutput out;
    std::size_t block = 0;
    for (std::size_t done = 0; done < tokens.size();) {
        const auto size = std::min(static_cast<std::size_t>(blocks[std::min(block++, blocks.size() - 1)]), tokens.size() - done);
        valueOrThrow(sequence.forward(tokens.subspan(done, size), kAllLogits, out));
        logits.insert(logits.end(), out.logits.begin(), out.logits.end());
        done += size;
    }
    return logits;
}

inline std::vector<float> logitsInBlocks(DecodeModel& model, std::span<const TokenId> tokens, const std::vector<std::int64_t>& blocks) {
    return logitsInBlocks(*valueOrThrow(model.newSequence(std::ssize(tokens))), tokens, blocks);
}

template <class A, class B>
double largestDifference(const std::vector<A>& a, const std::vector<B>& b) {
    if (a.size() != b.size()) return INFINITY;
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!(difference <= largest)) largest = std::isfinite(difference) ? difference : INFINITY;
    }
    return largest;
}

/// max(1, largest absolute value).
template <class A>
double sizeOf(const std::vector<A>& values) {
    double largest = 1.0;
    for (const A value : values) largest = std::max(largest, std::abs(static_cast<double>(value)));
    return largest;
}

/// Root of the mean square of a difference, relative to that of b.
template <class A, class B>
double relativeError(const std::vector<A>& a, const std::vector<B>& b) {
    if (a.size() != b.size()) return INFINITY;
    double error = 0.0;
    double size = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        error += difference * difference;
        size += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return std::sqrt(error / size);
}

}  // namespace loom::test
