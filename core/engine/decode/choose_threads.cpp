// SPDX-License-Identifier: GPL-3.0-or-later
// chooseThreads: how many threads make a token fastest, measured.
#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include "core/engine/decode/decode_model.h"
#include "core/engine/decode/decode_sequence.h"

namespace loom::decode {
namespace {

using Time = std::chrono::duration<double>;

constexpr int kMostSteps = 8;
constexpr Time kEnough{0.004};  ///< for one number of threads
constexpr double kWorthIt = 0.95;

/// The shortest of a few steps of one token.
Time fastestStep(DecodeSequence& sequence, ForwardOutput& out) {
    const TokenId token{0};
    Time fastest{std::numeric_limits<double>::infinity()};
    Time spent{0};
    for (int i = 0; i < kMostSteps && (i < 2 || spent < kEnough); ++i) {
        const auto start = std::chrono::steady_clock::now();
        valueOrThrow(sequence.forward({&token, 1}, {}, out));
        const Time took = std::chrono::steady_clock::now() - start;
        spent += took;
        fastest = std::min(fastest, took);
        valueOrThrow(sequence.truncate(0));
    }
    return fastest;
}

}  // namespace

std::int64_t chooseThreads(DecodeModel& model) {
    const std::int64_t cores = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
    const auto sequence = valueOrThrow(model.newSequence(1));
    ForwardOutput out;
    model.setThreads(1);
    std::int64_t best = 1;
    const Time alone = fastestStep(*sequence, out);
    Time fastest = alone;
    for (std::int64_t threads = std::min<std::int64_t>(2, cores); threads > best; threads = std::min(2 * threads, cores)) {
        model.setThreads(threads);
        const Time took = fastestStep(*sequence, out);
        if (took > kWorthIt * fastest) break;  // a thread more costs somebody else a core
        fastest = took;
        best = threads;
    }
    model.setThreads(best);
    model.setAloneTime(alone);
    return best;
}

}  // namespace loom::decode
