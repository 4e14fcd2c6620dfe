// SPDX-License-Identifier: GPL-3.0-or-later
// Rotary positions in Hugging Face configurations: "rope_theta" beside "rope_scaling", or both in the newer "rope_parameters".
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

constexpr const char* kRefused =
    "Choose a checkpoint without it; this program would compute something else than the network was trained for";
constexpr double kLongest = 1 << 27;  // positions

/// The object that names the kind of the scaling, if any does, and the kind. "type" is the older spelling.
std::optional<ConfigReader> scalingObject(const ConfigReader& reader, const std::optional<ConfigReader>& parameters, std::string& kind) {
    const std::optional<ConfigReader> scaling = reader.object("rope_scaling");
    for (const std::optional<ConfigReader>* source : {&parameters, &scaling}) {
        if (!*source) continue;
        for (const char* key : {"rope_type", "type"}) {
            if (!(*source)->has(key)) continue;
            kind = (*source)->text(key);
            return *source;
        }
    }
    if (scaling && !scaling->json().empty()) reader.fail("rope_scaling has no rope_type");
    return std::nullopt;
}

RopeScalingKind kindNamed(const ConfigReader& reader, const std::string& text) {
    constexpr std::array kKinds{RopeScalingKind::None, RopeScalingKind::Linear, RopeScalingKind::Dynamic, RopeScalingKind::Llama3,
                                RopeScalingKind::Yarn};
    std::string known;
    for (const RopeScalingKind kind : kKinds) {
        if (name(kind) == text) return kind;
        known.append(known.empty() ? "" : ", ").append(name(kind));
    }
    reader.fail("The rotary scaling " + inQuotes(text) + " is not supported; supported are " + known, kRefused);
}

double requiredNumber(const ConfigReader& source, const std::string& key) {
    if (!source.has(key)) source.fail("The rotary scaling lacks the key " + key);
    return source.number(key, 0.0);
}

double optionalNumber(const ConfigReader& source, const std::string& key, double absent) {
    return source.has(key) ? source.number(key, absent) : absent;  // null means absent here
}

void readScaling(const ConfigReader& source, RopeScaling& s, ModelConfig& config) {
    s.factor = requiredNumber(source, "factor");
    s.originalContext = config.context;
    const bool original = source.has("original_max_position_embeddings");
    if (s.kind == RopeScalingKind::Llama3) {
        if (!original) source.fail("The rotary scaling lacks the key original_max_position_embeddings");
        s.lowFrequencyFactor = requiredNumber(source, "low_freq_factor");
        s.highFrequencyFactor = requiredNumber(source, "high_freq_factor");
    }
    if (s.kind == RopeScalingKind::Llama3 || s.kind == RopeScalingKind::Yarn) {
        if (original) s.originalContext = source.integer("original_max_position_embeddings");
    }
    if (s.kind == RopeScalingKind::Yarn) {
        s.betaFast = optionalNumber(source, "beta_fast", s.betaFast);
        s.betaSlow = optionalNumber(source, "beta_slow", s.betaSlow);
        if (source.has("attention_factor")) s.attentionFactor = source.number("attention_factor", 1.0);
        s.mscale = optionalNumber(source, "mscale", 0.0);
        s.mscaleAllDim = optionalNumber(source, "mscale_all_dim", 0.0);
        s.truncate = source.has("truncate") ? source.truth("truncate", true) : true;
    }
    // The others name the context that they reach; this one names what it begins at.
    if (s.kind == RopeScalingKind::Dynamic && s.factor > 1.0 && config.context > 0) {
        config.context = static_cast<std::int64_t>(std::min(kLongest, std::floor(s.factor * static_cast<double>(config.context))));
    }
}

}  // namespace

void readRope(const ConfigReader& reader, ModelConfig& config, const std::string& thetaKey) {
    const std::optional<ConfigReader> parameters = reader.object("rope_parameters");
    const bool newer = parameters && parameters->contains("rope_theta");
    const std::string other = reader.contains(thetaKey) ? thetaKey : "rope_theta";
    config.attention.ropeTheta = newer ? parameters->number("rope_theta", 10000.0) : reader.number(other, 10000.0);
    std::string kind(name(RopeScalingKind::None));
    const std::optional<ConfigReader> source = scalingObject(reader, parameters, kind);
    RopeScaling& scaling = config.attention.ropeScaling;
    scaling.kind = kindNamed(reader, kind);
    if (scaling.kind != RopeScalingKind::None) readScaling(*source, scaling, config);
}

void readPartialRotation(const ConfigReader& reader, ModelConfig& config, const std::string& alias, double absent) {
    double part = absent;
    const std::optional<ConfigReader> parameters = reader.object("rope_parameters");
    if (reader.has("partial_rotary_factor")) part = reader.number("partial_rotary_factor", part);
    if (!alias.empty() && reader.has(alias)) part = reader.number(alias, part);
    if (parameters && parameters->has("partial_rotary_factor")) part = parameters->number("partial_rotary_factor", part);
    if (part == 1.0) return;
    const std::string key = alias.empty() ? "partial_rotary_factor" : alias;
    if (!(part > 0.0 && part < 1.0)) reader.fail(key + " must be more than 0 and at most 1");
    AttentionConfig& a = config.attention;
    if (a.latent == Latent::Joint) reader.fail(key + " other than 1 is not supported: qk_rope_head_dim says what is rotated", kRefused);
    if (a.headDim <= 0) return;  // checkConfig names what is wrong
    a.rotaryDim = static_cast<std::int64_t>(static_cast<double>(a.headDim) * part);
    if (a.rotaryDim < 2) reader.fail(key + " leaves nothing to rotate of heads of width " + std::to_string(a.headDim));
}

}  // namespace loom
