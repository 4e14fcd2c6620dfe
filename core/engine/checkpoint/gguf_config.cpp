// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF's metadata as a configuration: the architectures llama and deepseek2 (keys as in llama.cpp's gguf-py constants).
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "core/data/error.h"
#include "core/engine/checkpoint/gguf_file.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/tensor_layout.h"

namespace loom {
namespace {

constexpr const char* kOther = "Get the model as a Hugging Face folder instead";
constexpr std::int64_t kMostPredicting = 64;
constexpr std::int64_t kSoftmax = 1;
constexpr std::int64_t kSigmoid = 2;

/// Keys of one architecture.
class Keys {
public:
    Keys(const GgufFile& file, std::string architecture) : m_file(file), m_architecture(std::move(architecture)) {}

    [[nodiscard]] std::string key(const std::string& name) const { return m_architecture + "." + name; }
    [[nodiscard]] bool has(const std::string& name) const { return meta().has(key(name)); }
    [[nodiscard]] std::int64_t integer(const std::string& name) const { return meta().integer(key(name)); }
    [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t absent) const { return meta().integer(key(name), absent); }
    [[nodiscard]] double number(const std::string& name, double absent) const { return meta().number(key(name), absent); }
    [[nodiscard]] bool truth(const std::string& name, bool absent) const { return meta().truth(key(name), absent); }
    [[nodiscard]] std::string_view text(const std::string& name, std::string_view absent) const { return meta().text(key(name), absent); }
    [[noreturn]] void refuse(const std::string& what, const std::string& name) const { meta().fail(what, key(name), kOther); }
    [[nodiscard]] const GgufMetadata& meta() const { return m_file.metadata; }
    [[nodiscard]] const TensorView* tensor(std::string_view name) const {
        const auto found = m_file.tensors.find(name);
        return found == m_file.tensors.end() ? nullptr : &found->second;
    }

private:
    const GgufFile& m_file;
    std::string m_architecture;
};

/// Llama 3.1's scaling is written as what it divides each pair's frequency by. Its four numbers are not; those of all published models give
/// the same list, or it is refused.
void readFactors(const Keys& keys, ModelConfig& config) {
    const TensorView* tensor = keys.tensor("rope_freqs.weight");
    if (tensor == nullptr) return;
    const std::string where = keys.meta().where() + ": rope_freqs.weight";
    const std::int64_t pairs = config.attention.rotaryWidth() / 2;
    if (tensor->dtype != DType::F32 || tensor->shape != std::vector<std::int64_t>{pairs})
        throw Error{"The tensor does not hold " + std::to_string(pairs) + " numbers of type F32", where, kOther};
    std::vector<float> factors(static_cast<std::size_t>(pairs));
    copyElements(*tensor, std::as_writable_bytes(std::span(factors)));
    RopeScaling& s = config.attention.ropeScaling;
    const RopeFrequencies plain = ropeFrequencies(config, 1);
    s.kind = RopeScalingKind::Llama3;
    s.factor = static_cast<double>(*std::max_element(factors.begin(), factors.end()));
    s.originalContext = 8192;
    if (!std::isfinite(s.factor) || s.factor < 1.0) throw Error{"The factors are no rotary scaling", where, kOther};
    const RopeFrequencies scaled = ropeFrequencies(config, 1);
    for (std::size_t i = 0; i < factors.size(); ++i) {
        const double factor = plain.inverse[i] / scaled.inverse[i];
        if (!(std::abs(factor - static_cast<double>(factors[i])) <= 1e-4 * factor))
            throw Error{"The rotary scaling is not that of Llama 3.1 with " + std::to_string(s.factor) + " times 8192 positions", where,
                        kOther};
    }
}

void readScaling(const Keys& keys, ModelConfig& config) {
    RopeScaling& s = config.attention.ropeScaling;
    const std::string_view kind = keys.text("rope.scaling.type", keys.has("rope.scale_linear") ? "linear" : "none");
    const double factor = keys.number("rope.scaling.factor", keys.number("rope.scale_linear", 1.0));
    if (kind == "none" || (kind == "linear" && (factor == 1.0 || factor == 0.0))) return readFactors(keys, config);
    s.factor = factor;
    s.originalContext = keys.integer("rope.scaling.original_context_length", config.context);
    if (kind == "linear") {
        s.kind = RopeScalingKind::Linear;
    } else if (kind == "yarn") {
        s.kind = RopeScalingKind::Yarn;
        s.betaFast = keys.number("rope.scaling.yarn_beta_fast", s.betaFast);
        s.betaSlow = keys.number("rope.scaling.yarn_beta_slow", s.betaSlow);
        if (keys.number("rope.scaling.yarn_ext_factor", 1.0) != 1.0)
            keys.refuse("Another extrapolation than 1 is not supported", "rope.scaling.yarn_ext_factor");
        for (const char* name : {"rope.scaling.attn_factor", "rope.scaling.yarn_attn_factor"}) {
            if (keys.number(name, 1.0) != 1.0) keys.refuse("Another factor than 1 is not supported", name);
        }
        // mscale and mscale_all_dim are one number in all models that have it, and it is written times 0.1.
        s.mscale = s.mscaleAllDim = keys.number("rope.scaling.yarn_log_multiplier", 0.0) / 0.1;
        if (config.attention.latent == Latent::None && s.mscale != 0.0)
            keys.refuse("A multiplier is known of deepseek2 only", "rope.scaling.yarn_log_multiplier");
    } else {
        keys.refuse("The rotary scaling " + inQuotes(kind) + " is not supported", "rope.scaling.type");
    }
}

void readLlama(const Keys& keys, ModelConfig& config) {
    AttentionConfig& a = config.attention;
    a.kvHeads = keys.integer("attention.head_count_kv", a.heads);
    if (!keys.has("attention.key_length") && a.heads > 0 && config.dModel % a.heads != 0)
        keys.refuse("The width is no multiple of the heads and attention.key_length is missing", "attention.head_count");
    a.headDim = keys.integer("attention.key_length", a.heads > 0 ? config.dModel / a.heads : 0);
    if (keys.integer("attention.value_length", a.headDim) != a.headDim)
        keys.refuse("Values of another width than keys are not supported", "attention.value_length");
    if (keys.integer("rope.dimension_count", a.headDim) != a.headDim)
        keys.refuse("A rotation of a part of the keys is not supported", "rope.dimension_count");
    if (keys.integer("expert_count", 0) != 0) keys.refuse("Experts in this architecture (Mixtral) are not supported", "expert_count");
    a.bias = keys.tensor("blk.0.attn_q.bias") != nullptr;
    config.mlpBias = keys.tensor("blk.0.ffn_up.bias") != nullptr;
}

void readDeepseek(const Keys& keys, ModelConfig& config) {
    AttentionConfig& a = config.attention;
    a.latent = Latent::Joint;
    a.kvHeads = a.heads;
    a.qLoraRank = keys.integer("attention.q_lora_rank", 0);
    a.kvLoraRank = keys.integer("attention.kv_lora_rank");
    a.qkRopeHeadDim = keys.integer("rope.dimension_count");
    // Newer files write the width of the absorbed key as key_length and that of a head's beside it.
    const bool newer = keys.has("attention.key_length_mla");
    const std::int64_t key = keys.integer(newer ? "attention.key_length_mla" : "attention.key_length");
    a.qkNopeHeadDim = std::clamp<std::int64_t>(key, -1, 1 << 20) - std::clamp<std::int64_t>(a.qkRopeHeadDim, 0, 1 << 20);
    a.vHeadDim = keys.integer(newer ? "attention.value_length_mla" : "attention.value_length");
    a.bias = keys.tensor("blk.0.attn_kv_a_mqa.bias") != nullptr;
    if (keys.has("attention.temperature_scale") || keys.has("attention.temperature_length"))
        keys.refuse("A temperature that grows with the text is not supported", "attention.temperature_scale");
    MoeConfig moe;
    moe.experts = keys.integer("expert_count", 0);
    if (moe.experts == 0) return;
    moe.firstLayer = keys.integer("leading_dense_block_count", 0);
    moe.perToken = keys.integer("expert_used_count");
    moe.width = keys.integer("expert_feed_forward_length");
    moe.shared = keys.integer("expert_shared_count", 0);
    moe.groups = keys.integer("expert_group_count", 1);
    moe.topGroups = keys.integer("expert_group_used_count", moe.groups);
    if (moe.groups == 0) moe.groups = moe.topGroups = 1;
    moe.scale = keys.number("expert_weights_scale", 1.0);
    if (moe.scale == 0.0) moe.scale = 1.0;  // how the format says "none"
    moe.normalised = keys.truth("expert_weights_norm", false);
    const std::int64_t gating = keys.integer("expert_gating_func", kSoftmax);  // absent in files of DeepSeek-V2
    if (gating != kSoftmax && gating != kSigmoid && gating != 0)
        keys.refuse("The gating function " + std::to_string(gating) + " is not supported", "expert_gating_func");
    moe.scoring = gating == kSigmoid ? ExpertScoring::Sigmoid : ExpertScoring::Softmax;
    config.moe = moe;
}

void readTokens(const GgufMetadata& meta, ModelConfig& config) {
    const auto token = [&](const std::string& key) -> std::optional<TokenId> {
        const std::int64_t id = meta.integer("tokenizer.ggml." + key, -1);
        return id >= 0 && id < config.vocab ? std::optional(TokenId(id)) : std::nullopt;
    };
    config.bosToken = token("bos_token_id");
    for (const char* key : {"eos_token_id", "eot_token_id"}) {
        const std::optional<TokenId> id = token(key);
        if (id && std::find(config.eosTokens.begin(), config.eosTokens.end(), *id) == config.eosTokens.end())
            config.eosTokens.push_back(*id);
    }
}

}  // namespace

ModelConfig readGgufConfig(const GgufFile& file) {
    const std::string architecture(file.metadata.text("general.architecture", ""));
    if (architecture != "llama" && architecture != "deepseek2") {
        file.metadata.fail("The architecture " + inQuotes(architecture) + " is not supported", "general.architecture",
                           "Of GGUF's architectures llama and deepseek2 are read");
    }
    if (file.metadata.integer("split.count", 1) > 1)
        file.metadata.fail("The model is split over several files, which is not supported", "split.count",
                           "Join them with llama.cpp's gguf-split --merge");
    const Keys keys(file, architecture);
    ModelConfig config;
    config.family = Family::Gguf;
    config.modelType = architecture;
    config.dModel = keys.integer("embedding_length");
    config.layers = std::clamp<std::int64_t>(keys.integer("block_count"), -1, 1 << 30);  // checkConfig names what is wrong
    const std::int64_t predicting = keys.integer("nextn_predict_layers", 0);             // behind the last; counted, never computed
    if (predicting < 0 || predicting > kMostPredicting) keys.refuse("So many layers are not supported", "nextn_predict_layers");
    config.layers -= predicting;
    config.context = keys.integer("context_length");
    config.ffnWidth = keys.integer("feed_forward_length");
    config.normEps = keys.number("attention.layer_norm_rms_epsilon", 1e-6);
    config.attention.heads = keys.integer("attention.head_count");
    config.attention.ropeTheta = keys.number("rope.freq_base", 10000.0);
    config.attention.ropeLayout = RopeLayout::Interleaved;  // converters reorder Llama's rows so; DeepSeek's are
    const TensorView* embedding = keys.tensor("token_embd.weight");
    config.vocab = embedding != nullptr ? embedding->shape.front() : keys.integer("vocab_size");
    config.tieEmbeddings = keys.tensor("output.weight") == nullptr;
    if (architecture == "llama") {
        readLlama(keys, config);
    } else {
        readDeepseek(keys, config);
    }
    checkConfig(config, file.metadata.where());  // before widths become lists
    readScaling(keys, config);
    checkConfig(config, file.metadata.where());
    readTokens(file.metadata, config);
    return config;
}

}  // namespace loom
