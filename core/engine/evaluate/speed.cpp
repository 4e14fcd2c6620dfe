// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/evaluate/speed.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <span>
#include <thread>

#include "core/data/error.h"
#include "core/engine/memory/process_usage.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Spread spreadOf(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    return {values[values.size() / 2], values.front(), values.back()};
}

TokenIds someTokens(std::int64_t count, std::int64_t vocab, std::uint64_t seed) {
    TokenIds ids;
    for (std::int64_t i = 0; i < count; ++i) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        ids.emplace_back(static_cast<std::int64_t>((seed >> 33) % static_cast<std::uint64_t>(vocab)));
    }
    return ids;
}

void checkStop(const std::stop_token& stop) {
    if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
}

/// Weights that one token reads: all but an embedding of its own and the experts that it does not use.
double shareRead(const ModelConfig& config) {
    const ParameterCount count = countParameters(config);
    const std::int64_t looked = config.tieEmbeddings ? 0 : config.vocab * config.dModel;
    return static_cast<double>(count.active - looked) / static_cast<double>(count.total);
}

}  // namespace

double Speed::shareOfLimit() const { return bytesPerSecond > 0 ? static_cast<double>(stepBytes) * decode.median / bytesPerSecond : 0; }

double readBandwidth(std::int64_t threads, std::int64_t bytes) {
    const std::int64_t words = bytes / 8 / threads;
    MemoryAccount account;
    HostAllocator allocator(account);  // as weights are allocated
    std::atomic<std::uint64_t> sink{0};
    double best = 0;
    std::barrier meet(threads);
    const auto work = [&](std::size_t me) {
        Buffer memory = allocator.allocate(MemoryKind::Other, words * 8);
        const std::span read(reinterpret_cast<const std::uint64_t*>(memory.data()), static_cast<std::size_t>(words));
        for (int pass = 0; pass < 6; ++pass) {  // the first one warms up
            meet.arrive_and_wait();
            const auto start = Clock::now();
            std::uint64_t sum = 0;
            for (const std::uint64_t word : read) sum += word;
            sink += sum;
            meet.arrive_and_wait();
            const double seconds = secondsSince(start);
            if (me == 0 && pass > 0) best = std::max(best, static_cast<double>(words * 8 * threads) / seconds);
        }
    };
    std::vector<std::jthread> others;
    for (std::int64_t t = 1; t < threads; ++t) others.emplace_back(work, static_cast<std::size_t>(t));
    work(0);
    return best;
}

Speed measureSpeed(Engine& engine, const OpenModel& model, const SpeedOptions& options, std::stop_token stop) {
    const ModelConfig& config = model.config();
    const std::int64_t longest = std::max(options.prefill, options.context + options.decode);
    if (longest > config.context) {
        throw Error{"The network reads at most " + std::to_string(config.context) + " positions, and " + std::to_string(longest) +
                        " are to be measured",
                    {},
                    "Choose a shorter context or fewer tokens"};
    }
    Speed speed;
    const auto start = Clock::now();
    const auto network = valueOrThrow(engine.network(model, options.network, stop));
    speed.loadSeconds = secondsSince(start);
    const auto sequence = valueOrThrow(network->newSequence(longest));
    ForwardOutput out;
    valueOrThrow(sequence->forward(someTokens(1, config.vocab, 1), {}, out));
    speed.firstTokenSeconds = secondsSince(start);

    std::vector<double> reading;
    for (std::int64_t repeat = 0; repeat < options.repeats && options.prefill > 0; ++repeat) {
        checkStop(stop);
        const TokenIds tokens = someTokens(options.prefill, config.vocab, static_cast<std::uint64_t>(repeat));
        valueOrThrow(sequence->truncate(0));
        const auto before = Clock::now();
        if (!readInBlocks(*sequence, tokens, out, stop)) throw Error{"Cancelled", {}, {}};
        reading.push_back(static_cast<double>(options.prefill) / secondsSince(before));
    }
    speed.prefill = spreadOf(std::move(reading));

    std::vector<double> writing;
    for (std::int64_t repeat = 0; repeat <= options.repeats && options.decode > 0; ++repeat) {  // the first one warms up
        checkStop(stop);
        const TokenIds tokens = someTokens(options.decode, config.vocab, static_cast<std::uint64_t>(repeat) + 99);
        valueOrThrow(sequence->truncate(0));
        valueOrThrow(sequence->pretend(options.context));
        const auto before = Clock::now();
        for (const TokenId& token : tokens) valueOrThrow(sequence->forward(std::span(&token, 1), {}, out));
        if (repeat > 0) writing.push_back(static_cast<double>(options.decode) / secondsSince(before));
    }
    speed.decode = spreadOf(std::move(writing));

    speed.facts = network->facts();
    speed.cache = sequence->cacheUse();
    const std::int64_t positions = options.context + options.decode / 2;
    speed.stepBytes = static_cast<std::int64_t>(static_cast<double>(speed.facts.weightBytes) * shareRead(config)) +
                      speed.cache.spec.bytesPerToken() * positions;
    speed.peakBytes = processUsage().peakBytes;
    speed.bytesPerSecond = readBandwidth(speed.facts.threads);
    return speed;
}

}  // namespace loom
