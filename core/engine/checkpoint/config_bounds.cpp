// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds of every configuration: after checkConfig no product of sizes overflows.
#include <cmath>
#include <string>

#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/checkpoint.h"

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
constexpr std::int64_t kMaxCacheBytes = std::int64_t{1} << 60;

class Bounds {
public:
    explicit Bounds(const std::string& where) : m_where(where) {}

    void between(const char* key, std::int64_t value, std::int64_t low, std::int64_t high) const {
        if (value >= low && value <= high) return;
        fail(std::string(key) + " is " + std::to_string(value) + "; it must be between " + std::to_string(low) + " and " +
             std::to_string(high));
    }
    void even(const char* key, std::int64_t value) const {
        if (value % 2 != 0) fail(std::string(key) + " is " + std::to_string(value) + "; rotary positions need an even width");
    }
    void positive(const char* key, double value, double high) const {
        if (std::isfinite(value) && value > 0.0 && value <= high) return;
        fail(std::string(key) + " is " + std::to_string(value) + "; it must be more than 0 and at most " + std::to_string(high));
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw Error{what, m_where, "The configuration is wrong or damaged; get the checkpoint again"};
    }

private:
    const std::string& m_where;
};

/// What the file calls its sizes.
struct Keys {
    const char* dModel = "hidden_size";
    const char* layers = "num_hidden_layers";
    const char* heads = "num_attention_heads";
    const char* kvHeads = "num_key_value_heads";
    const char* ffn = "intermediate_size";
    const char* vocab = "vocab_size";
    const char* context = "max_position_embeddings";
};
constexpr Keys kLlama2CKeys{"dim", "n_layers", "n_heads", "n_kv_heads", "hidden_dim", "vocab_size", "seq_len"};

void checkAttention(const ModelConfig& config, const Keys& keys, const Bounds& bounds) {
    const AttentionConfig& a = config.attention;
    bounds.between(keys.heads, a.heads, 1, kMaxHeads);
    if (a.latent == Latent::PerHead) {
        bounds.between("head_dim", a.headDim, 2, kMaxHeadDim);
        // A latent as wide as the head saves nothing; a wider one is a mistake.
        bounds.between("k_rank", a.kRank, 1, a.headDim);
        bounds.between("v_rank", a.vRank, 1, a.headDim);
        if (config.positions == Positions::Rotary) bounds.even("head_dim", a.headDim);
    } else if (a.latent == Latent::None) {
        bounds.between(keys.kvHeads, a.kvHeads, 1, a.heads);
        if (a.heads % a.kvHeads != 0) {
            bounds.fail(std::string(keys.kvHeads) + " is " + std::to_string(a.kvHeads) + "; it must divide " + keys.heads + " (" +
                        std::to_string(a.heads) + ")");
        }
        bounds.between("head_dim", a.headDim, 2, kMaxHeadDim);
        if (config.positions == Positions::Rotary) bounds.even("head_dim", a.headDim);
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
    bounds.positive("rope_theta", a.ropeTheta, 1e18);
}

}  // namespace

void checkConfig(const ModelConfig& config, const std::string& where) {
    const Bounds bounds(where);
    const Keys keys = config.family == Family::Llama2C ? kLlama2CKeys : Keys{};
    const AttentionConfig& a = config.attention;
    bounds.between(keys.dModel, config.dModel, 1, kMaxWidth);
    bounds.between(keys.layers, config.layers, 1, kMaxLayers);
    bounds.between(keys.ffn, config.ffnWidth, 1, kMaxFfn);
    bounds.between(keys.vocab, config.vocab, 1, kMaxVocab);
    bounds.between(keys.context, config.context, 1, kMaxContext);
    bounds.positive("rms_norm_eps", config.normEps, 1.0);
    bounds.positive("the latent norms' eps", config.latentNormEps, 1.0);
    checkAttention(config, keys, bounds);
    // Weights cannot overflow within these bounds (less than 2^60 numbers); a cache over the whole context could.
    const std::int64_t perLayer = a.latent == Latent::Joint ? a.heads * (a.qkHeadDim() + a.vHeadDim) + a.kvLoraRank + a.qkRopeHeadDim
                                                            : 2 * a.kvHeads * a.headDim + 2 * config.dModel;
    const std::optional<std::int64_t> cache = checkedProduct({config.layers, perLayer, config.context, 8});
    if (!cache || *cache > kMaxCacheBytes) {
        bounds.fail(std::string(keys.context) + " is " + std::to_string(config.context) + "; with " + std::to_string(config.layers) +
                    " layers no computer holds the cache of such a context");
    }
}

}  // namespace loom
