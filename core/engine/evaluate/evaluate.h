// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluation: how well a network predicts stories it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/engine/api/engine.h"
#include "core/engine/stories/story_source.h"

namespace loom {

/// The stories of a source, at most the first `most` of them (0 = all).
[[nodiscard]] std::vector<std::string> allStories(StorySource& source, std::int64_t most = 0);

/// A stretch of a sequence that is read at once. Inputs are [begin, begin + inputs); the prediction of token t comes from input t − 1;
/// tokens [firstScored, begin + inputs] are scored here.
struct ScoreWindow {
    std::int64_t begin = 0;
    std::int64_t inputs = 0;
    std::int64_t firstScored = 1;
    bool operator==(const ScoreWindow&) const = default;
};
/// Windows of at most `context` inputs, half a context apart, that score each token of a sequence but the first exactly once.
[[nodiscard]] std::vector<ScoreWindow> scoreWindows(std::int64_t length, std::int64_t context);

struct Evaluation {
    std::int64_t stories = 0;
    std::int64_t tokens = 0;  ///< predicted tokens, the end of each story included
    std::int64_t bytes = 0;   ///< UTF-8 bytes of the stories, separators left out
    double totalLoss = 0;     ///< nats

    [[nodiscard]] double loss() const { return totalLoss / static_cast<double>(tokens); }  ///< nats per token
    [[nodiscard]] double perplexity() const;
    [[nodiscard]] double bitsPerByte() const;
};

/// How well each token of one story was predicted.
struct StoryScore {
    std::int64_t story = 0;                ///< 0-based index among the stories
    TokenIds ids;                          ///< with the begin and end tokens
    std::vector<double> logProbabilities;  ///< nats; of ids[1], ids[2], …
};

/// Logits [T, V] of a text computed at once, from its first token. Throws Error.
using WindowLogits = std::function<std::vector<float>(std::span<const TokenId>, const std::stop_token&)>;
/// Through the reference network, without a cache or through one that keeps `cacheType`.
[[nodiscard]] WindowLogits logitsOf(ReferenceModel& network, MlaPath path = MlaPath::Absorbed, std::optional<DType> cacheType = {});
/// Through what writes, with its cache.
[[nodiscard]] WindowLogits logitsOf(const Network& network);

struct EvaluateOptions {
    std::function<void(std::int64_t, std::int64_t)> progress;  ///< told after every story: (done, all)
    std::function<void(const StoryScore&)> onStory;            ///< told after every story, before `progress`
};

/// Scores each story as [begin] + tokens + [end]; all but the first are predicted. `begin` is what the tokenizer puts before a text, or
/// the end token where it puts nothing; `end` is the model's first end token. Throws Error: no story, no end token, cancelled.
[[nodiscard]] Evaluation evaluate(const OpenModel& model, const WindowLogits& logits, const std::vector<std::string>& stories,
                                  const EvaluateOptions& options, std::stop_token stop);

}  // namespace loom
