// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/evaluate/evaluate.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <utility>

#include "core/data/error.h"

namespace loom {
namespace {

/// log softmax(logits)[target], in nats.
double logProbability(std::span<const float> logits, TokenId target) {
    const double best = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - best);
    return static_cast<double>(logits[target.index()]) - best - std::log(sum);
}

/// Logits [T, V] of one window through a new sequence.
std::vector<float> logitsThrough(Sequence& sequence, std::span<const TokenId> inputs, const std::stop_token& stop) {
    if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
    ForwardOptions all;
    all.allLogits = true;
    return valueOrThrow(sequence.forward(inputs, all)).logits;
}

/// Of every token but the first.
std::vector<double> sequenceScores(const ModelConfig& config, const WindowLogits& logitsOfWindow, const TokenIds& ids,
                                   const std::stop_token& stop) {
    const auto V = static_cast<std::size_t>(config.vocab);
    std::vector<double> scores;
    for (const ScoreWindow& window : scoreWindows(std::ssize(ids), config.context)) {
        const auto inputs = std::span(ids).subspan(static_cast<std::size_t>(window.begin), static_cast<std::size_t>(window.inputs));
        const std::vector<float> logits = logitsOfWindow(inputs, stop);  // [inputs, V]
        for (std::int64_t t = window.firstScored; t <= window.begin + window.inputs; ++t) {
            const auto row = static_cast<std::size_t>(t - 1 - window.begin);
            scores.push_back(logProbability(std::span(logits).subspan(row * V, V), ids[static_cast<std::size_t>(t)]));
        }
    }
    return scores;
}

}  // namespace

std::vector<std::string> allStories(StorySource& source, std::int64_t most) {
    std::vector<std::string> stories;
    while (most == 0 || std::ssize(stories) < most) {
        const std::optional<std::string_view> story = source.next();
        if (!story) break;
        stories.emplace_back(*story);
    }
    return stories;
}

std::vector<ScoreWindow> scoreWindows(std::int64_t length, std::int64_t context) {
    std::vector<ScoreWindow> windows;
    const std::int64_t stride = std::max<std::int64_t>(1, context / 2);
    std::int64_t scored = 1;  // tokens below this one are done; the first is given
    for (std::int64_t begin = 0; scored < length; begin += stride) {
        const std::int64_t inputs = std::min(context, length - 1 - begin);
        windows.push_back({begin, inputs, scored});
        scored = begin + inputs + 1;
    }
    return windows;
}

WindowLogits logitsOf(ReferenceModel& network, MlaPath path, std::optional<DType> cacheType) {
    return [&network, path, cacheType](std::span<const TokenId> inputs, const std::stop_token& stop) {
        if (!cacheType) return valueOrThrow(network.logits(inputs, 1, path, stop));
        return logitsThrough(*valueOrThrow(network.newSequence(std::ssize(inputs), path, cacheType)), inputs, stop);
    };
}

WindowLogits logitsOf(const Network& network) {
    return [&network](std::span<const TokenId> inputs, const std::stop_token& stop) {
        return logitsThrough(*valueOrThrow(network.newSequence(std::ssize(inputs))), inputs, stop);
    };
}

double Evaluation::perplexity() const { return std::exp(loss()); }
double Evaluation::bitsPerByte() const { return totalLoss / std::numbers::ln2 / static_cast<double>(bytes); }

Evaluation evaluate(const OpenModel& model, const WindowLogits& logits, const std::vector<std::string>& stories,
                    const EvaluateOptions& options, std::stop_token stop) {
    if (stories.empty()) throw Error{"There is no story in the data", {}, "Give a text file; stories are separated by <|endoftext|>"};
    if (model.endTokens().empty()) throw Error{"The model names no end-of-text token", {}, "Set eos_token_id in config.json"};
    const Tokenizer& tokenizer = *model.tokenizer();
    const TokenId end = model.endTokens().front();
    TokenIds begin = tokenizer.beginning();
    if (begin.empty()) begin = {end};

    Evaluation result;
    for (const std::string& story : stories) {
        TokenIds ids = begin;
        const TokenIds text = tokenizer.encode(story);
        ids.insert(ids.end(), text.begin(), text.end());
        ids.push_back(end);
        const std::vector<double> scores = sequenceScores(model.config(), logits, ids, stop);
        result.totalLoss -= std::accumulate(scores.begin(), scores.end(), 0.0);
        result.tokens += std::ssize(scores);
        result.bytes += static_cast<std::int64_t>(story.size());
        if (options.onStory) options.onStory({result.stories, std::move(ids), scores});
        ++result.stories;
        if (options.progress) options.progress(result.stories, std::ssize(stories));
    }
    return result;
}

}  // namespace loom
