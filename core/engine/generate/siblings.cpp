// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/siblings.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/data/error.h"
#include "core/engine/generate/continuation.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;

double perSecond(std::int64_t count, Clock::time_point since) {
    const double seconds = std::chrono::duration<double>(Clock::now() - since).count();
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

/// One story and its cache.
struct Branch {
    Continuation story;
    std::unique_ptr<Sequence> sequence;
    StopReason reason = StopReason::Cancelled;
    bool goesOn = true;
};

void writeTogether(const OpenModel& model, const Network& network, const GenerateRequest& request, std::int64_t count, Siblings& result,
                   const std::function<void(std::int64_t, const TokenStep&)>& onToken, const std::stop_token& stop) {
    const auto V = static_cast<std::size_t>(model.config().vocab);
    const std::int64_t longest = std::min(std::ssize(result.promptTokens) + request.maxTokens, model.config().context);
    auto start = Clock::now();
    auto trunk = valueOrThrow(network.newSequence(std::ssize(result.promptTokens)));
    ForwardOutput read;
    if (!readInBlocks(*trunk, result.promptTokens, read, stop) || stop.stop_requested()) return;
    const std::vector<float> first = std::move(read.logits);
    result.prefillTokensPerSecond = perSecond(std::ssize(result.promptTokens), start);

    std::vector<Branch> branches;
    branches.reserve(static_cast<std::size_t>(count));
    Sampler sampler = samplerFor(model, request, result.stories.front().seed);
    for (std::int64_t i = 0; i < count; ++i) {
        sampler.setSeed(siblingSeed(result.stories.front().seed, i));
        Branch& branch = branches.emplace_back(Branch{Continuation(model, request, sampler), valueOrThrow(network.fork(*trunk, longest))});
        (void)branch.story.begin(result.promptTokens);
    }
    start = Clock::now();
    std::vector<float> logits;
    std::vector<Sequence*> sequences;
    std::vector<std::size_t> who;
    TokenIds tokens;
    std::int64_t written = 0;
    for (bool begun = false;; begun = true) {
        if (begun) {
            sequences.clear();
            tokens.clear();
            for (const std::size_t i : who) {
                sequences.push_back(branches[i].sequence.get());
                tokens.push_back(branches[i].story.ids().back());
            }
            if (who.empty() || stop.stop_requested()) break;
            valueOrThrow(network.forwardTogether(sequences, tokens, logits));
        } else {
            for (std::size_t i = 0; i < branches.size(); ++i) who.push_back(i);
        }
        std::vector<std::size_t> next;
        for (std::size_t row = 0; row < who.size(); ++row) {
            Branch& branch = branches[who[row]];
            if (const auto ended = branch.story.ended()) {  // nothing was to be written
                branch.reason = *ended;
                continue;
            }
            const TokenStep step = branch.story.choose(begun ? std::span(logits).subspan(row * V, V) : std::span(first));
            ++written;
            if (onToken) onToken(static_cast<std::int64_t>(who[row]), step);
            if (const auto ended = branch.story.ended()) {
                branch.reason = *ended;
            } else {
                next.push_back(who[row]);
            }
        }
        who = std::move(next);
    }
    result.decodeTokensPerSecond = perSecond(written, start);
    for (std::size_t i = 0; i < branches.size(); ++i) {
        Branch& branch = branches[i];
        if (branch.reason != StopReason::StopString) (void)branch.story.finish();
        result.stories[i] = {branch.story.writtenIds(), branch.story.text(), branch.reason, branch.story.seed()};
        result.aloneBytes += branch.sequence->cacheUse().bytes;
    }
    trunk.reset();  // what is shared now is shared by the stories, all of it by all of them
    result.cacheBytes = result.aloneBytes - (count - 1) * network.sharedBytes(*branches.front().sequence);
}

}  // namespace

std::uint64_t siblingSeed(std::uint64_t seed, std::int64_t index) {
    if (index == 0) return seed;
    std::uint64_t x = seed + static_cast<std::uint64_t>(index) * 0x9E3779B97F4A7C15ULL;  // SplitMix64
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return (x ^ (x >> 31)) & ((std::uint64_t{1} << 53) - 1);
}

Siblings writeSiblings(Engine& engine, const std::shared_ptr<const OpenModel>& model, const NetworkOptions& options,
                       const GenerateRequest& request, std::int64_t count,
                       const std::function<void(std::int64_t, const TokenStep&)>& onToken, std::stop_token stop) {
    checkRequest(*model, request);
    if (request.beams.width > 1) throw Error{"Beam search writes one story, always the same", {}, "Ask for several stories without it"};
    if (count < 1) throw Error{"There is no story to write", {}, "Ask for at least one"};
    const auto network = valueOrThrow(engine.network(*model, options, stop));
    Siblings result;
    result.facts = network->facts();
    result.promptTokens = promptIds(*model, request);
    const std::uint64_t seed = request.seed ? *request.seed : drawSeed();
    for (std::int64_t i = 0; i < count; ++i) result.stories.push_back({{}, {}, StopReason::Cancelled, siblingSeed(seed, i)});
    if (result.facts.fast) {
        writeTogether(*model, *network, request, count, result, onToken, stop);
        return result;
    }
    struct Watch final : GenerateObserver {
        const std::function<void(std::int64_t, const TokenStep&)>* tell = nullptr;
        std::int64_t story = 0;
        void onToken(const TokenStep& step) override {
            if (*tell) (*tell)(story, step);
        }
    } watch;
    watch.tell = &onToken;
    const auto start = Clock::now();
    std::int64_t written = 0;
    for (Sibling& story : result.stories) {
        if (stop.stop_requested()) break;
        const auto session = valueOrThrow(engine.newSession(model, {options.path, 0, options.precision, options.cacheType}, stop));
        GenerateRequest one = request;
        one.seed = story.seed;
        GenerateSummary summary = valueOrThrow(session->generate(one, watch, stop));
        written += std::ssize(summary.tokens);
        result.cacheBytes += summary.cache.bytes;
        story = {std::move(summary.tokens), std::move(summary.text), summary.stopReason, summary.seed};
        ++watch.story;
    }
    result.aloneBytes = result.cacheBytes;
    result.decodeTokensPerSecond = perSecond(written, start);
    return result;
}

}  // namespace loom
