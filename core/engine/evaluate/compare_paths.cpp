// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/evaluate/compare_paths.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <span>

#include "core/data/error.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// One path's sequence and what it took.
struct Lane {
    PathMeasure measure;
    std::unique_ptr<Sequence> sequence;
    std::vector<float> logits;  ///< [V] after the newest position
    std::vector<double> times;
};

struct Best {
    TokenId token;
    double margin = 0;  ///< to the second best
};

Best bestOf(const std::vector<float>& logits) {
    const auto best = std::max_element(logits.begin(), logits.end());
    double second = -INFINITY;
    for (auto it = logits.begin(); it != logits.end(); ++it) {
        if (it != best) second = std::max(second, static_cast<double>(*it));
    }
    return {TokenId{best - logits.begin()}, static_cast<double>(*best) - second};
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!(difference <= largest)) largest = difference;  // NaN included
    }
    return largest;
}

/// Compares what the paths would choose now; returns the first path's choice.
TokenId judge(const std::vector<Lane>& lanes, std::int64_t step, PathComparison& result) {
    const Best first = bestOf(lanes.front().logits);
    bool same = true;
    for (auto lane = lanes.begin() + 1; lane != lanes.end(); ++lane) {
        const double difference = largestDifference(lanes.front().logits, lane->logits);
        if (!(difference <= result.maxLogitDifference)) result.maxLogitDifference = difference;
        const Best other = bestOf(lane->logits);
        if (other.token == first.token) continue;
        same = false;
        result.differences.push_back({step, first.token, other.token, first.margin});
    }
    if (same) ++result.sameTokens;
    result.smallestMargin = step == 0 ? first.margin : std::min(result.smallestMargin, first.margin);
    return first.token;
}

/// What a step at position 0 allocates: all of the work that needs no past.
std::optional<StepMemory> stepWithoutPast(const Contender& contender, TokenId token) {
    const auto sequence = contender.newSequence(1);
    ForwardOptions options;
    options.memory = true;
    return valueOrThrow(sequence->forward(std::span(&token, 1), options)).memory;
}

std::int64_t perHeadBytes(const ModelConfig& config, std::int64_t positions, std::int64_t elementBytes) {
    const AttentionConfig& a = config.attention;
    return config.layers * positions * a.heads * (a.qkHeadDim() + a.valueHeadDim()) * elementBytes;
}

}  // namespace

std::optional<std::int64_t> PathMeasure::bytesForPast() const {
    if (!lastStep || !firstStep) return std::nullopt;
    return lastStep->total - firstStep->total;
}

bool PathComparison::sameChoices() const {
    return std::none_of(differences.begin(), differences.end(), [](const PathDifference& d) { return !(d.margin <= kClearChoice); });
}

PathComparison compareContenders(const ModelConfig& config, const std::vector<Contender>& contenders, const TokenIds& prompt,
                                 std::int64_t count, std::stop_token stop) {
    if (contenders.empty()) throw Error{"There is nothing to compare", {}, "Name at least one path"};
    if (prompt.empty()) throw Error{"There is no token to begin with", {}, "Give a prompt"};
    if (count < 1) throw Error{"There is nothing to compare: no token is to be written", {}, "Ask for at least one"};
    if (count > config.context - std::ssize(prompt)) {
        throw Error{std::to_string(prompt.size()) + " tokens and " + std::to_string(count) + " more do not fit the context of " +
                        std::to_string(config.context),
                    {},
                    "Use a shorter prompt or fewer tokens"};
    }
    PathComparison result;
    result.prompt = prompt;
    const std::int64_t all = std::ssize(prompt) + count;
    std::vector<Lane> lanes;
    for (const Contender& one : contenders) {
        Lane& lane = lanes.emplace_back();
        lane.measure.name = one.name;
        lane.measure.path = one.path;
        lane.sequence = one.newSequence(all);
    }
    for (Lane& lane : lanes) {
        const auto start = Clock::now();
        ForwardOutput read;
        if (!readInBlocks(*lane.sequence, prompt, read, stop)) throw Error{"Cancelled", {}, {}};
        lane.logits = std::move(read.logits);
        lane.measure.prefillSeconds = seconds(Clock::now() - start);
    }
    for (std::int64_t step = 0; step < count; ++step) {
        if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        const TokenId token = judge(lanes, step, result);
        result.tokens.push_back(token);
        ForwardOptions options;
        options.memory = step + 1 == count;
        for (Lane& lane : lanes) {
            const auto start = Clock::now();
            ForwardOutput out = valueOrThrow(lane.sequence->forward(std::span(&token, 1), options));
            lane.times.push_back(seconds(Clock::now() - start));
            lane.logits = std::move(out.logits);
            lane.measure.lastStep = out.memory;
        }
    }
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        Lane& lane = lanes[i];
        lane.measure.cache = lane.sequence->cacheUse();
        lane.measure.secondsPerToken = median(std::move(lane.times));
        lane.measure.firstStep = stepWithoutPast(contenders[i], result.tokens.back());
        result.paths.push_back(std::move(lane.measure));
    }
    result.perHeadPastBytes = perHeadBytes(config, all - 1, bytesPerElement(DType::F32));
    return result;
}

Contender contender(std::string name, MlaPath path, std::shared_ptr<const Network> network) {
    return {std::move(name), path,
            [network = std::move(network)](std::int64_t capacity) { return valueOrThrow(network->newSequence(capacity)); }};
}

PathComparison comparePaths(ReferenceModel& network, const TokenIds& prompt, std::int64_t count, const std::vector<MlaPath>& paths,
                            std::stop_token stop) {
    const std::optional<AbsorbObstacle> obstacle = absorbObstacle(network.config());
    std::vector<Contender> contenders;
    for (const MlaPath path : paths) {
        if (path == MlaPath::Absorbed && obstacle) continue;
        contenders.push_back({std::string(name(path)), path, [&network, path](std::int64_t capacity) -> std::unique_ptr<Sequence> {
                                  return valueOrThrow(network.newSequence(capacity, path));
                              }});
    }
    if (contenders.empty()) {
        throw Error{"There is no path left to run" + std::string(obstacle ? ": this form cannot be absorbed" : ""),
                    {},
                    std::string(obstacle ? sentence(*obstacle) : "Name naive or absorbed")};
    }
    PathComparison result = compareContenders(network.config(), contenders, prompt, count, std::move(stop));
    result.obstacle = obstacle;
    return result;
}

}  // namespace loom
