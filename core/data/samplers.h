// SPDX-License-Identifier: GPL-3.0-or-later
// The sampler chain as a value: which stages a token has to pass, in which order, with which numbers; and what each stage left.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

/// A stage of the chain. The first three change the odds, the others take tokens away; what each computes is said in
/// core/engine/generate/samplers.
enum class SamplerStage : std::uint8_t { Repetition, Dry, Temperature, TopNSigma, TopK, Typical, TopP, MinP, Xtc, Mirostat };
inline constexpr std::size_t kSamplerStages = 10;
using SamplerOrder = std::array<SamplerStage, kSamplerStages>;
inline constexpr SamplerOrder kSamplerOrder = {
    SamplerStage::Repetition, SamplerStage::Dry,  SamplerStage::Temperature, SamplerStage::TopNSigma, SamplerStage::TopK,
    SamplerStage::Typical,    SamplerStage::TopP, SamplerStage::MinP,        SamplerStage::Xtc,       SamplerStage::Mirostat};
/// "repetition-penalty", "dry", "temperature", "top-n-sigma", "top-k", "typical", "top-p", "min-p", "xtc", "mirostat".
[[nodiscard]] std::string_view name(SamplerStage stage);
[[nodiscard]] std::optional<SamplerStage> samplerStageNamed(std::string_view name);
/// The names, separated by commas.
[[nodiscard]] std::string orderText(const SamplerOrder& order);
/// The reverse. Stages that `text` leaves out come behind those it names, in the usual order. Nothing for an unknown name or one that is
/// said twice.
[[nodiscard]] std::optional<SamplerOrder> orderFrom(std::string_view text);

/// Every stage can be switched off; with all of them off the network's own odds are drawn from. Temperature 0 takes the likeliest token
/// that the stages before it left (greedy).
struct SamplerSettings {
    double temperature = 0.8;            ///< divides the logits; off 1, greedy 0
    std::int64_t topK = 0;               ///< keep the k most likely tokens; off 0
    double topP = 0.95;                  ///< keep the smallest set whose probabilities sum to at least p; off 1
    double minP = 0.0;                   ///< drop tokens less likely than min-p × the best; off 0
    double repetitionPenalty = 1.0;      ///< divide (positive) or multiply (negative) logits of tokens already used; off 1
    double typicalP = 1.0;               ///< keep the tokens nearest to the expected surprise until their probabilities sum to p; off 1
    double topNSigma = 0.0;              ///< drop logits more than n standard deviations below the best; off 0
    double dryMultiplier = 0.0;          ///< of what DRY takes from a token that would prolong a repeat; off 0
    double dryBase = 1.75;               ///< grows by this with every token of the repeat
    std::int64_t dryAllowed = 2;         ///< repeats up to this many tokens cost nothing
    std::int64_t dryRange = 0;           ///< how many tokens back repeats are looked for; 0 = the whole story
    std::string dryBreakers = "\n:\"*";  ///< a token that has one of these characters ends a repeat
    double xtcProbability = 0.0;         ///< how often XTC drops the likeliest tokens; off 0
    double xtcThreshold = 0.1;           ///< tokens at least so likely are dropped, the least likely of them apart
    double mirostatTau = 0.0;            ///< mirostat v2 (not 1): the surprise aimed at, in bits; off 0
    double mirostatEta = 0.1;            ///< how fast it is approached
    SamplerOrder order = kSamplerOrder;
    bool operator==(const SamplerSettings&) const = default;
};
/// The first setting that is out of range as a sentence, or nothing.
[[nodiscard]] std::optional<std::string> problemWith(const SamplerSettings& settings);
/// Whether the stage does anything with these numbers.
[[nodiscard]] bool isOn(const SamplerSettings& settings, SamplerStage stage);
/// With the stage's numbers at their off values.
[[nodiscard]] SamplerSettings without(SamplerSettings settings, SamplerStage stage);
/// With every stage off: the network's own odds.
[[nodiscard]] SamplerSettings plainSampling();

/// A number of the chain: how files, panels and messages know it.
struct SamplerParameter {
    std::string_view key;    ///< "temperature", "topK", …: in settings files and JSON
    std::string_view words;  ///< "The temperature": in sentences
    SamplerStage stage;
    double least;
    double most;
    bool whole;  ///< a whole number
    [[nodiscard]] double of(const SamplerSettings& settings) const;
    /// Unchecked, but that whole numbers are rounded.
    void set(SamplerSettings& settings, double value) const;

    double SamplerSettings::*real = nullptr;  ///< one of the two is there
    std::int64_t SamplerSettings::*count = nullptr;
};
/// All of them; a stage's main number, the one that switches it off, comes first among its own.
[[nodiscard]] std::span<const SamplerParameter> samplerParameters();
[[nodiscard]] const SamplerParameter& samplerParameter(std::string_view key);  ///< `key` must be one of theirs
[[nodiscard]] const SamplerParameter& mainParameter(SamplerStage stage);

struct SamplerPreset {
    std::string_view name;  ///< "precise", "balanced", "creative", "wild", "greedy"
    SamplerSettings settings;
};
[[nodiscard]] const std::vector<SamplerPreset>& samplerPresets();

/// What one stage did at one step.
struct StageTrace {
    SamplerStage stage = SamplerStage::Temperature;
    std::int32_t tokensBefore = 0;
    std::int32_t tokensAfter = 0;
    float kept = 1;   ///< share of the probability that came in which is left, in [0, 1]; 1 where odds are only changed
    float moved = 0;  ///< share of the probability that changed from some tokens to others, in [0, 1]; 0 where tokens are taken away
    bool operator==(const StageTrace&) const = default;
};

/// What each stage that is on did, in their order. Empty where it was not asked for.
struct SamplerTrace {
    std::array<StageTrace, kSamplerStages> stages = {};
    std::uint8_t count = 0;
    /// Mirostat's state after this token, in bits; 0 where it is off. GenerateRequest::mirostatMu goes on with it.
    double mirostatMu = 0;
    [[nodiscard]] std::span<const StageTrace> active() const { return std::span(stages).first(count); }
    /// Null where the stage was off.
    [[nodiscard]] const StageTrace* of(SamplerStage stage) const {
        for (const StageTrace& done : active())
            if (done.stage == stage) return &done;
        return nullptr;
    }
};

}  // namespace loom
