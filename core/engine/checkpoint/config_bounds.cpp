// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds of every configuration: after checkConfig no product of sizes overflows.
#include <cmath>
#include <string>

#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/config_keys.h"

namespace loom {
namespace {

constexpr std::int64_t kMaxLayers = 10'000;
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 20;  // D and latent ranks
constexpr std::int64_t kMaxFfn = std::int64_t{1} << 22;
constexpr std::int64_t kMaxVocab = std::int64_t{1} << 24;
constexpr std::int64_t kMaxHeads = 65'536;
constexpr std::int64_t kMaxHeadDim = 65'536;
constexpr std::int64_t kMaxContext = std::int64_t{1} << 27;
constexpr std::int64_t kMaxAllHeads = std::int64_t{1} << 22;  // heads × width of one
constexpr std::int64_t kMaxExperts = 65'536;
constexpr std::int64_t kMaxAllExperts = 200'000;  // in all layers together: a file names no more tensors
constexpr std::int64_t kMaxWeights = std::int64_t{1} << 58;
constexpr std::int64_t kMaxCacheBytes = std::int64_t{1} << 60;

class Bounds {
public:
    explicit Bounds(const std::string& where) : m_where(where) {}

    void between(const std::string& key, std::int64_t value, std::int64_t low, std::int64_t high) const {
        if (value >= low && value <= high) return;
        fail(key + " is " + std::to_string(value) + "; it must be between " + std::to_string(low) + " and " + std::to_string(high));
    }
    void even(const std::string& key, std::int64_t value) const {
        if (value % 2 != 0) fail(key + " is " + std::to_string(value) + "; rotary positions need an even width");
    }
    void positive(const std::string& key, double value, double high) const {
        if (std::isfinite(value) && value > 0.0 && value <= high) return;
        fail(key + " is " + std::to_string(value) + "; it must be more than 0 and at most " + std::to_string(high));
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw Error{what, m_where, "The configuration is wrong or damaged; get the checkpoint again"};
    }

private:
    const std::string& m_where;
};

/// Which elements of d are rotated: at least two, an even number, inside the head.
void checkRotation(const ModelConfig& config, const Bounds& bounds) {
    const AttentionConfig& a = config.attention;
    if (config.positions != Positions::Rotary) return;
    if (a.latent != Latent::Joint) {
        bounds.between("the rotated width of a head", a.rotaryDim, 0, a.headDim);
        bounds.between("the rotated width of a head", a.rotaryWidth(), 2, a.headDim);
        bounds.even(a.rotaryDim > 0 ? "the rotated width of a head" : "head_dim", a.rotaryWidth());
        bounds.between("the first rotated element of a head", a.rotaryStart, 0, a.headDim - a.rotaryWidth());
    }
    const RopeScaling& s = a.ropeScaling;
    if (s.kind == RopeScalingKind::None) return;
    const std::string prefix = "the rotary scaling's ";
    const auto positive = [&](const char* key, double value, double high) { bounds.positive(prefix + key, value, high); };
    positive("factor", s.factor, 1e9);
    bounds.between(prefix + "original_max_position_embeddings", s.originalContext, 1, kMaxContext);
    if (s.kind == RopeScalingKind::Dynamic) {
        if (s.factor < 1.0) bounds.fail("the rotary scaling's factor is less than 1");
        if (a.rotaryWidth() < 4) bounds.fail("The rotary scaling \"dynamic\" needs a rotated width of at least 4");
    }
    if (s.kind == RopeScalingKind::Llama3) {
        positive("low_freq_factor", s.lowFrequencyFactor, 1e9);
        positive("high_freq_factor", s.highFrequencyFactor, 1e9);
        if (s.highFrequencyFactor <= s.lowFrequencyFactor) bounds.fail(prefix + "high_freq_factor must be more than its low_freq_factor");
    }
    if (s.kind == RopeScalingKind::Yarn) {
        positive("beta_fast", s.betaFast, 1e9);
        positive("beta_slow", s.betaSlow, 1e9);
        if (s.betaFast < s.betaSlow) bounds.fail(prefix + "beta_fast is less than its beta_slow");
        if (s.attentionFactor) positive("attention_factor", *s.attentionFactor, 1e9);
        if (a.ropeTheta <= 1.0) bounds.fail("The rotary scaling \"yarn\" needs a rope_theta of more than 1");
        if (!std::isfinite(s.mscale) || s.mscale < 0.0 || s.mscale > 1e9 || !std::isfinite(s.mscaleAllDim) || s.mscaleAllDim < 0.0 ||
            s.mscaleAllDim > 1e9) {
            bounds.fail(prefix + "mscale and mscale_all_dim must be between 0 and 1e9");
        }
    }
}

void checkExperts(const ModelConfig& config, const Bounds& bounds) {
    const MoeConfig& moe = config.moe;
    if (moe.experts == 0) return;
    bounds.between("n_routed_experts", moe.experts, 1, kMaxExperts);
    bounds.between("first_k_dense_replace", moe.firstLayer, 0, kMaxLayers);
    bounds.between("moe_intermediate_size", moe.width, 1, kMaxFfn);
    bounds.between("n_shared_experts", moe.shared, 0, 4096);
    bounds.between("num_experts_per_tok", moe.perToken, 1, moe.experts);
    bounds.between("n_group", moe.groups, 1, moe.experts);
    if (moe.experts % moe.groups != 0) {
        bounds.fail("n_group is " + std::to_string(moe.groups) + "; it must divide n_routed_experts (" + std::to_string(moe.experts) + ")");
    }
    bounds.between("topk_group", moe.topGroups, 1, moe.groups);
    const std::int64_t inGroup = moe.experts / moe.groups;
    if (moe.topGroups * inGroup < moe.perToken) {
        bounds.fail("num_experts_per_tok is " + std::to_string(moe.perToken) + ", but " + std::to_string(moe.topGroups) +
                    " groups (topk_group) hold only " + std::to_string(moe.topGroups * inGroup) + " experts");
    }
    if (moe.scoring == ExpertScoring::Sigmoid && inGroup < 2) {
        bounds.fail("n_group is " + std::to_string(moe.groups) + "; a group needs at least two experts, whose scores are added");
    }
    bounds.positive("routed_scaling_factor", moe.scale, 1e9);
    if (config.expertLayers() * moe.experts > kMaxAllExperts) {
        bounds.fail("num_hidden_layers · n_routed_experts is " + std::to_string(config.expertLayers() * moe.experts) + "; at most " +
                    std::to_string(kMaxAllExperts) + " experts are supported");
    }
}

void checkAttention(const ModelConfig& config, const ConfigKeys& keys, const Bounds& bounds) {
    const AttentionConfig& a = config.attention;
    bounds.between(keys.heads, a.heads, 1, kMaxHeads);
    if (a.latent == Latent::PerHead) {
        bounds.between("head_dim", a.headDim, 2, kMaxHeadDim);
        // A latent as wide as the head saves nothing; a wider one is a mistake.
        bounds.between("k_rank", a.kRank, 1, a.headDim);
        bounds.between("v_rank", a.vRank, 1, a.headDim);
    } else if (a.latent == Latent::SplitShared) {
        bounds.between("head_dim", a.headDim, 2, kMaxHeadDim);
        bounds.between("k_rank", a.kRank, 1, kMaxWidth);
        bounds.between("v_rank", a.vRank, 1, kMaxWidth);
    } else if (a.latent == Latent::None) {
        bounds.between(keys.kvHeads, a.kvHeads, 1, a.heads);
        if (a.heads % a.kvHeads != 0) {
            bounds.fail(std::string(keys.kvHeads) + " is " + std::to_string(a.kvHeads) + "; it must divide " + keys.heads + " (" +
                        std::to_string(a.heads) + ")");
        }
        bounds.between("head_dim", a.headDim, 2, kMaxHeadDim);
    } else {
        bounds.between("q_lora_rank", a.qLoraRank, 0, kMaxWidth);
        bounds.between("kv_lora_rank", a.kvLoraRank, 1, kMaxWidth);
        bounds.between("qk_nope_head_dim", a.qkNopeHeadDim, 1, kMaxHeadDim);
        bounds.between("qk_rope_head_dim", a.qkRopeHeadDim, 2, kMaxHeadDim);
        bounds.even("qk_rope_head_dim", a.qkRopeHeadDim);
        bounds.between("v_head_dim", a.vHeadDim, 1, kMaxHeadDim);
    }
    const std::int64_t widest = a.qkHeadDim() > a.valueHeadDim() ? a.qkHeadDim() : a.valueHeadDim();
    if (a.heads * widest > kMaxAllHeads) {
        bounds.fail(std::string(keys.heads) + " heads of width " + std::to_string(widest) + " are more than " +
                    std::to_string(kMaxAllHeads) + " numbers");
    }
    if (a.latent == Latent::None && a.normsLatents()) bounds.fail("latent_norm is true, but there is no latent");
    bounds.positive("rope_theta", a.ropeTheta, 1e18);
    if (a.windows.empty()) return;
    if (a.latent != Latent::None) bounds.fail("Attention windows need full keys and values, not a latent");
    if (static_cast<std::int64_t>(a.windows.size()) != config.layers) {
        bounds.fail("There are attention windows for " + std::to_string(a.windows.size()) + " layers but " + keys.layers + " is " +
                    std::to_string(config.layers));
    }
    for (const std::int64_t window : a.windows) bounds.between("an attention window", window, 0, kMaxContext);
}

}  // namespace

void checkConfig(const ModelConfig& config, const std::string& where) {
    const Bounds bounds(where);
    const ConfigKeys keys = configKeys(config.family);
    const AttentionConfig& a = config.attention;
    bounds.between(keys.dModel, config.dModel, 1, kMaxWidth);
    bounds.between(keys.layers, config.layers, 1, kMaxLayers);
    bounds.between(keys.ffn, config.ffnWidth, 1, kMaxFfn);
    bounds.between(keys.vocab, config.vocab, 1, kMaxVocab);
    bounds.between(keys.context, config.context, 1, kMaxContext);
    bounds.positive(keys.normEps, config.normEps, 1.0);
    bounds.positive("the latent norms' eps", config.latentNormEps, 1.0);
    checkAttention(config, keys, bounds);
    checkRotation(config, bounds);
    checkExperts(config, bounds);
    if (config.mlp != MlpKind::SwiGlu && config.moe.experts > 0) bounds.fail("Experts are SwiGLU networks; mlp must be \"swiglu\"");
    // Weights of dense layers cannot overflow within these bounds (less than 2^60 numbers); those of experts and a cache over the whole
    // context could.
    const std::optional<std::int64_t> ofExperts =
        checkedProduct({config.expertLayers(), config.moe.experts + config.moe.shared + 1, config.moe.width + 1, config.dModel, 4});
    if (!ofExperts || *ofExperts > kMaxWeights)
        bounds.fail("n_routed_experts is " + std::to_string(config.moe.experts) + "; no computer holds experts of this size");
    const std::int64_t perLayer = a.latent == Latent::Joint ? a.heads * (a.qkHeadDim() + a.vHeadDim) + a.kvLoraRank + a.qkRopeHeadDim
                                                            : 2 * a.heads * a.headDim + 2 * config.dModel + a.kRank + a.vRank;
    const std::optional<std::int64_t> cache = checkedProduct({config.layers, perLayer, config.context, 8});
    if (!cache || *cache > kMaxCacheBytes) {
        bounds.fail(std::string(keys.context) + " is " + std::to_string(config.context) + "; with " + std::to_string(config.layers) +
                    " layers no computer holds the cache of such a context");
    }
}

}  // namespace loom
