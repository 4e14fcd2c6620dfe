// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/attention_forms.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace loom {
namespace {

constexpr std::int64_t kWidestFeedForward = 1'000'000;

std::string shown(std::string_view text) { return "'" + std::string(text.substr(0, 60)) + "'"; }

[[noreturn]] void fail(const std::string& what, std::string_view form, const std::string& hint) {
    throw Error{what, std::string(form.substr(0, 120)), hint};
}

/// NAME and the KEY=VALUE behind it.
struct Spec {
    std::string_view whole, name;
    std::map<std::string, std::int64_t, std::less<>> values;

    explicit Spec(std::string_view form) : whole(form) {
        std::size_t end = form.find(':');
        name = form.substr(0, end);
        while (end != std::string_view::npos) {
            form.remove_prefix(end + 1);
            end = form.find(':');
            const std::string_view word = form.substr(0, end);
            const std::size_t equals = word.find('=');
            std::int64_t value = 0;
            const std::string_view digits = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
            const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (error != std::errc() || last != digits.data() + digits.size() || value < 0 || value > (std::int64_t{1} << 30))
                fail(shown(word) + " is no KEY=NUMBER", whole, "Write a form as mla-deepseek:r=64:dr=16");
            if (!values.emplace(word.substr(0, equals), value).second) fail(shown(word) + " stands twice", whole, "Leave one out");
        }
    }
    /// The value of `key`, which is then used up.
    std::int64_t take(std::string_view key, std::int64_t absent) {
        const auto found = values.find(key);
        if (found == values.end()) return absent;
        const std::int64_t value = found->second;
        values.erase(found);
        return value;
    }
    std::int64_t takeBetween(std::string_view key, std::int64_t absent, std::int64_t low, std::int64_t high) {
        const std::int64_t value = take(key, absent);
        if (value < low || value > high) {
            fail(std::string(key) + " is " + std::to_string(value) + "; it must be between " + std::to_string(low) + " and " +
                     std::to_string(high),
                 whole, "Choose another");
        }
        return value;
    }
    void requireUsedUp() const {
        if (!values.empty()) fail("The form has no " + shown(values.begin()->first), whole, "Leave it out");
    }
};

std::int64_t even(std::int64_t value) { return std::max<std::int64_t>(2, value / 2 * 2); }

/// Heads of width d without a latent, whatever the network had before.
void plain(AttentionConfig& a, std::int64_t headDim) {
    const AttentionConfig before = a;
    a = {};
    a.heads = a.kvHeads = before.heads;
    a.headDim = headDim;
    a.ropeTheta = before.ropeTheta;
    a.bias = before.bias;
    a.outputBias = before.outputBias;
}

}  // namespace

const std::vector<AttentionForm>& attentionForms() {
    static const std::vector<AttentionForm> forms{
        {"mha", "full keys and values, rotary positions"},
        {"mha-learned", "full keys and values, learned positions"},
        {"mha-norope", "full keys and values, no positions"},
        {"gqa", "g key/value heads (a quarter of the heads)"},
        {"mqa", "one key/value head"},
        {"mla-deepseek",
         "a joint latent of r (3/8 of the width) and a rotary key of dr (half a head); dn: content width (a head); q: query rank (none)"},
        {"mla-paper", "a key and a value latent per head, r each (half a head), rv for values; rotary positions"},
        {"mla-paper-learned", "the same with learned positions"},
        {"mla-paper-norope", "the same without positions"},
        {"mla-shared",
         "one key and one value latent for all heads, r each (a quarter of the width), rv for values; half of each head rotated"},
        {"mla-shared-norope", "the same without positions"}};
    return forms;
}

ModelConfig withForm(const ModelConfig& base, std::string_view form) {
    Spec spec(form);
    const std::vector<AttentionForm>& forms = attentionForms();
    if (std::none_of(forms.begin(), forms.end(), [&](const AttentionForm& known) { return known.name == spec.name; })) {
        std::string names;
        for (const AttentionForm& known : forms) names += (names.empty() ? "" : ", ") + known.name;
        fail("There is no attention form " + shown(spec.name), form, "Known are: " + names);
    }
    ModelConfig config = base;
    AttentionConfig& a = config.attention;
    const std::int64_t H = a.heads;
    const std::int64_t D = config.dModel;
    const std::int64_t d = a.latent == Latent::Joint ? a.vHeadDim : a.headDim;
    plain(a, d);
    const bool learned = spec.name.ends_with("-learned");
    const bool none = spec.name.ends_with("-norope");
    config.positions = learned ? Positions::Learned : none ? Positions::None : Positions::Rotary;
    if (spec.name == "gqa") {
        a.kvHeads = spec.takeBetween("g", std::max<std::int64_t>(1, H / 4), 1, H);
        if (H % a.kvHeads != 0) fail("g does not divide the " + std::to_string(H) + " heads", form, "Choose a divisor");
    } else if (spec.name == "mqa") {
        a.kvHeads = 1;
    } else if (spec.name == "mla-deepseek") {
        a.latent = Latent::Joint;
        a.headDim = 0;
        a.vHeadDim = d;
        a.kvLoraRank = spec.takeBetween("r", std::max<std::int64_t>(1, D * 3 / 8), 1, H * 2 * d);
        a.qkRopeHeadDim = spec.takeBetween("dr", even(d / 2), 2, 4 * d);
        if (a.qkRopeHeadDim % 2 != 0) fail("dr is odd; rotation takes pairs", form, "Choose an even number");
        a.qkNopeHeadDim = spec.takeBetween("dn", d, 1, 4 * d);
        a.qLoraRank = spec.takeBetween("q", 0, 0, H * 8 * d);
        a.ropeLayout = RopeLayout::Interleaved;
    } else if (spec.name.starts_with("mla-paper")) {
        a.latent = Latent::PerHead;
        a.kRank = spec.takeBetween("r", std::max<std::int64_t>(1, d / 2), 1, d);
        a.vRank = spec.takeBetween("rv", a.kRank, 1, d);
    } else if (spec.name.starts_with("mla-shared")) {
        a.latent = Latent::SplitShared;
        a.kRank = spec.takeBetween("r", std::max<std::int64_t>(1, D / 4), 1, H * d);
        a.vRank = spec.takeBetween("rv", a.kRank, 1, H * d);
        if (config.positions == Positions::Rotary) a.rotaryDim = a.rotaryStart = even(d / 2);
    }
    spec.requireUsedUp();
    return config;
}

double forwardFlopsPerToken(const ModelConfig& config, std::int64_t context) {
    const ParameterCount count = countParameters(config);
    const AttentionConfig& a = config.attention;
    const double unused = static_cast<double>(count.total - count.active);
    const double head = config.tieEmbeddings ? static_cast<double>(config.vocab * config.dModel) : 0.0;
    const double weights = static_cast<double>(count.nonEmbedding) - unused + head;
    const double seen = static_cast<double>(context + 1) / 2;
    const double widths = static_cast<double>(a.heads * (a.qkHeadDim() + a.valueHeadDim()) * config.layers);
    return 2 * weights + 2 * widths * seen;
}

double sizeOf(const ModelConfig& config, MatchBy by, std::int64_t context) {
    return by == MatchBy::Parameters ? static_cast<double>(countParameters(config).total) : forwardFlopsPerToken(config, context);
}

ModelConfig matchedByWidth(ModelConfig config, MatchBy by, double goal, std::int64_t context) {
    std::int64_t& changed = config.expertLayers() < config.layers ? config.ffnWidth : config.moe.width;  // experts only where all have them
    const auto at = [&](std::int64_t width) {
        changed = width;
        return sizeOf(config, by, context);
    };
    const double narrowest = at(1);
    const double perWidth = at(2) - narrowest;
    const auto nearest = [&](std::int64_t multiple) {
        const double width = 1 + (goal - narrowest) / perWidth;
        const auto steps =
            static_cast<std::int64_t>(std::llround(std::clamp(width, 1.0, double{kWidestFeedForward}) / static_cast<double>(multiple)));
        return std::max<std::int64_t>(1, steps) * multiple;
    };
    const auto off = [&](std::int64_t width) { return std::abs(at(width) - goal) / goal; };
    constexpr double kClose = 0.005;
    std::int64_t width = nearest(8);
    if (off(width) > kClose) width = nearest(1);
    if (off(width) > 0.1) {
        throw Error{"No feed-forward network is narrow or wide enough to match this form to the others",
                    attentionFormName(config.attention), "Choose smaller ranks, or --match nothing"};
    }
    changed = width;
    return config;
}

}  // namespace loom
