// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/samplers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/data/utf8.h"

namespace loom {
namespace {

using S = SamplerSettings;

constexpr std::array<std::string_view, kSamplerStages> kNames = {
    "repetition-penalty", "dry", "temperature", "top-n-sigma", "top-k", "typical", "top-p", "min-p", "xtc", "mirostat"};

constexpr SamplerParameter number(std::string_view key, std::string_view words, SamplerStage stage, double least, double most,
                                  double S::*member) {
    return {key, words, stage, least, most, false, member, nullptr};
}
constexpr SamplerParameter whole(std::string_view key, std::string_view words, SamplerStage stage, std::int64_t S::*member) {
    return {key, words, stage, 0, 1'000'000'000, true, nullptr, member};
}

constexpr std::array kParameters = {
    number("repetitionPenalty", "The repetition penalty", SamplerStage::Repetition, 0.01, 100, &S::repetitionPenalty),
    number("dryMultiplier", "DRY's multiplier", SamplerStage::Dry, 0, 100, &S::dryMultiplier),
    number("dryBase", "DRY's base", SamplerStage::Dry, 1, 10, &S::dryBase),
    whole("dryAllowed", "The length that DRY allows", SamplerStage::Dry, &S::dryAllowed),
    whole("dryRange", "DRY's range", SamplerStage::Dry, &S::dryRange),
    number("temperature", "The temperature", SamplerStage::Temperature, 0, 100, &S::temperature),
    number("topNSigma", "top-n-sigma", SamplerStage::TopNSigma, 0, 100, &S::topNSigma),
    whole("topK", "top-k", SamplerStage::TopK, &S::topK),
    number("typicalP", "typical-p", SamplerStage::Typical, 0, 1, &S::typicalP),
    number("topP", "top-p", SamplerStage::TopP, 0, 1, &S::topP),
    number("minP", "min-p", SamplerStage::MinP, 0, 1, &S::minP),
    number("xtcProbability", "XTC's probability", SamplerStage::Xtc, 0, 1, &S::xtcProbability),
    number("xtcThreshold", "XTC's threshold", SamplerStage::Xtc, 0, 0.5, &S::xtcThreshold),
    number("mirostatTau", "Mirostat's target", SamplerStage::Mirostat, 0, 30, &S::mirostatTau),
    number("mirostatEta", "Mirostat's rate", SamplerStage::Mirostat, 0, 1, &S::mirostatEta),
};

/// 0.05 as "0.05", 100.0 as "100".
std::string shortNumber(double value) {
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

}  // namespace

std::string_view name(SamplerStage stage) { return kNames.at(static_cast<std::size_t>(stage)); }

std::optional<SamplerStage> samplerStageNamed(std::string_view text) {
    const auto found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<SamplerStage>(found - kNames.begin());
}

std::string orderText(const SamplerOrder& order) {
    std::string text;
    for (const SamplerStage stage : order) text += (text.empty() ? "" : ",") + std::string(name(stage));
    return text;
}

std::optional<SamplerOrder> orderFrom(std::string_view text) {
    std::array<bool, kSamplerStages> used{};
    SamplerOrder order{};
    std::size_t count = 0;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const auto stage = samplerStageNamed(text.substr(0, comma));
        if (!stage || used.at(static_cast<std::size_t>(*stage))) return std::nullopt;
        used.at(static_cast<std::size_t>(*stage)) = true;
        order.at(count++) = *stage;
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    for (const SamplerStage stage : kSamplerOrder)
        if (!used.at(static_cast<std::size_t>(stage))) order.at(count++) = stage;
    return order;
}

std::optional<std::string> problemWith(const SamplerSettings& settings) {
    for (const SamplerParameter& p : kParameters) {
        const double value = p.of(settings);
        if (std::isfinite(value) && value >= p.least && value <= p.most) continue;
        if (p.whole) return std::string(p.words) + " must be between 0 and a billion";
        return std::string(p.words) + " must be between " + shortNumber(p.least) + " and " + shortNumber(p.most);
    }
    std::array<bool, kSamplerStages> used{};
    for (const SamplerStage stage : settings.order) {
        const auto index = static_cast<std::size_t>(stage);
        if (index >= kSamplerStages || used[index]) return "The order of the samplers must name each of them once";
        used[index] = true;
    }
    if (firstInvalidUtf8(settings.dryBreakers)) return "The characters that end a repeat must be UTF-8";
    return std::nullopt;
}

bool isOn(const SamplerSettings& s, SamplerStage stage) {
    switch (stage) {
        case SamplerStage::Repetition: return s.repetitionPenalty != 1;
        case SamplerStage::Dry: return s.dryMultiplier > 0;
        case SamplerStage::Temperature: return s.temperature != 1;
        case SamplerStage::TopNSigma: return s.topNSigma > 0;
        case SamplerStage::TopK: return s.topK > 0;
        case SamplerStage::Typical: return s.typicalP < 1;
        case SamplerStage::TopP: return s.topP < 1;
        case SamplerStage::MinP: return s.minP > 0;
        case SamplerStage::Xtc: return s.xtcProbability > 0;
        case SamplerStage::Mirostat: return s.mirostatTau > 0;
    }
    return false;
}

SamplerSettings without(SamplerSettings settings, SamplerStage stage) {
    const SamplerParameter& main = mainParameter(stage);
    main.set(settings, main.of(plainSampling()));
    return settings;
}

SamplerSettings plainSampling() {
    SamplerSettings s;
    s.temperature = 1;
    s.topP = 1;
    return s;
}

double SamplerParameter::of(const SamplerSettings& settings) const { return real ? settings.*real : static_cast<double>(settings.*count); }

void SamplerParameter::set(SamplerSettings& settings, double value) const {
    if (real)
        settings.*real = value;
    else
        settings.*count = std::llround(value);
}

std::span<const SamplerParameter> samplerParameters() { return kParameters; }

const SamplerParameter& samplerParameter(std::string_view key) {
    return *std::find_if(kParameters.begin(), kParameters.end(), [&](const SamplerParameter& p) { return p.key == key; });
}

const SamplerParameter& mainParameter(SamplerStage stage) {
    return *std::find_if(kParameters.begin(), kParameters.end(), [&](const SamplerParameter& p) { return p.stage == stage; });
}

const std::vector<SamplerPreset>& samplerPresets() {
    static const std::vector<SamplerPreset> presets = [] {
        SamplerSettings precise;
        precise.temperature = 0.3;
        precise.topP = 0.9;
        SamplerSettings creative;
        creative.temperature = 1.0;
        creative.topP = 1;
        creative.minP = 0.05;
        creative.dryMultiplier = 0.8;
        SamplerSettings wild = creative;
        wild.temperature = 1.4;
        wild.minP = 0.03;
        wild.xtcProbability = 0.5;
        SamplerSettings greedy = plainSampling();
        greedy.temperature = 0;
        return std::vector<SamplerPreset>{
            {"precise", precise}, {"balanced", {}}, {"creative", creative}, {"wild", wild}, {"greedy", greedy}};
    }();
    return presets;
}

}  // namespace loom
