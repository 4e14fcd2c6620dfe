// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of the engine when a story is written, and what comes back for every token.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/attention_map.h"
#include "core/data/byte_formulas.h"
#include "core/data/cache_occupancy.h"
#include "core/data/ids.h"
#include "core/data/samplers.h"

namespace loom {

/// Beam search instead of drawing: the text that is most likely as a whole, as far as `width` beginnings at a time can find it. The sampler
/// chain and the seed have no say in it. A text's score is the sum of its tokens' log probabilities divided by length^lengthPenalty.
struct BeamSearch {
    std::int64_t width = 1;      ///< how many beginnings are followed; 1 = no beam search
    double lengthPenalty = 1.0;  ///< above 0 favours long texts, below 0 short ones
    /// Stop as soon as `width` texts have ended. Else the search goes on while the best beginning, divided by its own length, beats the
    /// worst of `width` texts that have ended.
    bool earlyStopping = false;
    bool operator==(const BeamSearch&) const = default;
};
inline constexpr std::int64_t kWidestBeam = 64;
[[nodiscard]] std::optional<std::string> problemWith(const BeamSearch& beams);

struct GenerateRequest {
    TokenIds history;              ///< tokens of the story so far; empty = a new story (beginning-of-text is added as the tokenizer says)
    std::string prompt;            ///< UTF-8 text appended to the history before writing; may be empty
    std::int64_t maxTokens = 256;  ///< at most this many new tokens; the context may end earlier
    SamplerSettings samplers;
    std::optional<std::uint64_t> seed;  ///< none: one is drawn and reported
    /// Where mirostat goes on: SamplerTrace::mirostatMu of the last token that was written before, so that a text is the same in one piece
    /// or in several. None: 2·tau, as at every beginning.
    std::optional<double> mirostatMu = {};
    BeamSearch beams = {};
    std::vector<std::string> stopStrings;
    std::int64_t alternatives = 10;   ///< how many alternatives each step reports; 0 = none
    bool promptAlternatives = false;  ///< also report what the network expected at each prompt token
    bool cacheNorms = true;           ///< report the norms of what each layer keeps
    /// How many tokens are guessed ahead (SessionOptions::draft says by whom) and checked in one step; 0 = none. The text stays the
    /// same. For the fast path, whose rows do not depend on each other.
    std::int64_t speculate = 0;
};

enum class StopReason : std::uint8_t { Eos, MaxTokens, Context, StopString, Cancelled };
[[nodiscard]] std::string_view name(StopReason reason);  ///< "eos", "max_tokens", "context", "stop_string", "cancelled"

/// A token that could have come here. Probabilities in [0, 1].
struct Alternative {
    TokenId token;
    std::string text;  ///< valid UTF-8, control characters kept; a token that is no valid UTF-8 shows as <0xNN>
    float before = 0;  ///< probability from the plain logits
    float after = 0;   ///< probability after the samplers; 0 = removed
};

enum class TokenOrigin : std::uint8_t { Special, Prompt, Generated };

/// One token of a story as it appears. `text` joined over all steps is the story, always valid UTF-8:
/// a token that ends inside a character has its text arrive with the token that completes it.
struct TokenStep {
    TokenId token;
    std::int64_t position = 0;  ///< 0-based position in the context
    TokenOrigin origin = TokenOrigin::Generated;
    std::string text;                                  ///< what this token adds to the story; empty for specials
    std::string label;                                 ///< how a diagram shows the token: its own text, or its name for specials
    std::vector<Alternative> alternatives;             ///< sorted by `before`, best first; contains the chosen token
    float probability = 0;                             ///< of this token, before the samplers; 0 if it was not computed
    SamplerTrace trace;                                ///< empty where no alternatives were asked for
    std::vector<std::chrono::nanoseconds> layerTimes;  ///< [L]: the part of decodeTime that each layer took; empty unless asked for
    bool reread = false;  ///< read again after a switch: alternatives and probability are what this network expected, without samplers
    std::chrono::nanoseconds decodeTime{};  ///< time of the network's step that predicted this token; 0 for prompt tokens
    std::vector<float>
        laneNorms;  ///< [L, lanes]: L2 norm of what each layer keeps for this position; empty until the position is in the cache
    std::shared_ptr<const AttentionRow> attention;  ///< this position's row in the captured layer, if one is captured
};

struct GenerateSummary {
    TokenIds tokens;        ///< new tokens, the end-of-text token included if it came
    TokenIds promptTokens;  ///< history and prompt as the network read them
    std::string text;       ///< the continuation only
    StopReason stopReason = StopReason::MaxTokens;
    std::uint64_t seed = 0;
    std::string precision;              ///< of the weights: "f32", "bf16", "int8", "int4"
    std::string path;                   ///< "fast" or "reference", with "-naive" or "-absorbed" where a latent is decoded
    std::int64_t guessedTokens = 0;     ///< with GenerateRequest::speculate
    std::int64_t acceptedTokens = 0;    ///< of these: were what the network wrote
    double beamScore = 0;               ///< with GenerateRequest::beams: the text's score
    std::int64_t prefilledTokens = 0;   ///< prompt tokens that were not in the cache yet
    double prefillTokensPerSecond = 0;  ///< 0 if nothing was prefilled
    double decodeTokensPerSecond = 0;   ///< 0 if fewer than one token was decoded
    CacheUse cache;
};

/// Receives what happens while the engine writes, on the engine's thread. Must return quickly.
class GenerateObserver {
public:
    virtual ~GenerateObserver() = default;
    /// The prompt's tokens are known (nothing is computed yet). `reused` of them are in the cache already.
    virtual void onPrompt(const std::vector<TokenStep>& prompt, std::int64_t reused) { (void)prompt, (void)reused; }
    /// Prompt positions [first, first + steps.size()) are in the cache now: the same steps with norms, attention and alternatives.
    virtual void onPrefill(const std::vector<TokenStep>& steps, std::int64_t done, std::int64_t total) {
        (void)steps, (void)done, (void)total;
    }
    /// A new token was chosen.
    virtual void onToken(const TokenStep& step) { (void)step; }
    /// Text of the last tokens that was held back as a possible stop string or an unfinished character, at the very end.
    virtual void onTail(const std::string& text) { (void)text; }
    /// The position of an earlier token is in the cache now; carries its norms and attention row.
    virtual void onCached(const TokenStep& step) { (void)step; }
};

}  // namespace loom
