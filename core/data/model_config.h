// SPDX-License-Identifier: GPL-3.0-or-later
// ModelConfig: everything that decides a network's shapes and arithmetic, whatever file it came from.
// Letters used in comments everywhere: B batch, T query positions, S cached positions, D model width, H heads,
// G key/value heads, d head width, r latent rank, dR rotary width, dN content width, dV value width, L layers, V vocabulary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dtype.h"
#include "core/data/ids.h"
#include "core/data/rope.h"

namespace loom {

/// What attention stores for the past. None: full keys and values (MHA, GQA, MQA).
/// Joint: one latent c of width r for keys and values plus a rotary key of width dR shared by all heads (DeepSeek-V2, arXiv 2405.04434).
/// PerHead: each head has a key latent and a value latent of its own, K_h = (X W^{K↓}_h) W^{K↑}_h, V_h likewise (arXiv 2506.09342).
/// SplitShared: all heads share one key latent and one value latent, from which each rebuilds its own (arXiv 2508.01261).
enum class Latent : std::uint8_t { None, Joint, PerHead, SplitShared };
/// How a network knows where a token stands. Rotary: keys and queries are turned (with Joint: a decoupled part of them, with PerHead:
/// after the key has been rebuilt from its latent). Learned: a vector per position is added to the embedding.
enum class Positions : std::uint8_t { Rotary, Learned, None };
enum class NormKind : std::uint8_t { Rms, Layer };
/// SwiGlu: W_down (silu(W_gate x) ⊙ W_up x). Gelu: W_down gelu(W_up x), the exact (erf) form. GeluTanh: its approximation by tanh, which
/// GPT-2 calls gelu_new.
enum class MlpKind : std::uint8_t { SwiGlu, Gelu, GeluTanh };
/// How the rotation pairs the elements of a vector: Half (i, i+d/2), Interleaved (2i, 2i+1).
enum class RopeLayout : std::uint8_t { Half, Interleaved };
/// Which file family the network came from; decides tensor names only.
/// LatentLoom: the program's own folders, for every form that has no family of its own.
enum class Family : std::uint8_t { Llama, DeepseekV3, Llama2C, LatentLoom, DeepseekV2, Gpt2, GptNeo, GptNeoX, NanoGpt, Gguf };

[[nodiscard]] std::string_view name(Latent latent);        ///< "none", "joint", "per_head", "split_shared"
[[nodiscard]] std::string_view name(Positions positions);  ///< "rotary", "learned", "none"
[[nodiscard]] std::string_view name(NormKind norm);        ///< "rms_norm", "layer_norm"
[[nodiscard]] std::string_view name(MlpKind mlp);          ///< "swiglu", "gelu", "gelu_tanh"
[[nodiscard]] std::string_view name(RopeLayout layout);    ///< "half", "interleaved"
[[nodiscard]] std::string_view name(Family family);        ///< "llama", "deepseek_v3", "llama2.c", "latentloom", "gpt2", …

struct AttentionConfig {
    Latent latent = Latent::None;
    std::int64_t heads = 0;          ///< H
    std::int64_t kvHeads = 0;        ///< G; equals H for Joint
    std::int64_t headDim = 0;        ///< d of keys, queries and values without a latent; unused (0) for Joint
    std::int64_t qLoraRank = 0;      ///< query rank; 0 = queries straight from the hidden state
    std::int64_t kvLoraRank = 0;     ///< r
    std::int64_t qkNopeHeadDim = 0;  ///< dN
    std::int64_t qkRopeHeadDim = 0;  ///< dR
    std::int64_t vHeadDim = 0;       ///< dV
    std::int64_t kRank = 0;          ///< PerHead: width of one head's key latent; SplitShared: of the one for all
    std::int64_t vRank = 0;          ///< likewise of values
    RopeLayout ropeLayout = RopeLayout::Half;
    double ropeTheta = 10000.0;
    RopeScaling ropeScaling;       ///< core/data/rope.h
    std::int64_t rotaryDim = 0;    ///< elements of d that are rotated; 0 = all of them. Joint: always dR
    std::int64_t rotaryStart = 0;  ///< the first element of d that is rotated
    bool bias = false;             ///< Llama: on q, k, v and o. DeepSeek: on q_a_proj, kv_a_proj_with_mqa and o_proj
    bool outputBias = false;       ///< without `bias`: on o alone (GPT-Neo)
    bool scaled = true;            ///< scores are divided by √(width of a query); GPT-Neo's are not
    bool scaledByLayer = false;    ///< and further by the layer's number, counted from 1 (GPT-2's scale_attn_by_inverse_layer_idx)
    /// Whether latents pass an RMSNorm before they are kept; without a value as the form has it: a joint latent (and its query's) does,
    /// latents of keys and of values do not. Theirs, where asked for, has one weight per element of a latent, shared by the heads (whose
    /// W↑ would absorb one of their own).
    std::optional<bool> latentNorm;
    /// Per layer: how many positions back a query sees, its own included; 0 = all. Empty: every layer sees all. Without a latent only.
    std::vector<std::int64_t> windows;

    /// Width of one head's query and key: d, or dN + dR for Joint.
    [[nodiscard]] std::int64_t qkHeadDim() const { return latent == Latent::Joint ? qkNopeHeadDim + qkRopeHeadDim : headDim; }
    /// Width of one head's value: d, or dV for Joint.
    [[nodiscard]] std::int64_t valueHeadDim() const { return latent == Latent::Joint ? vHeadDim : headDim; }
    /// How many elements of a query and a key are rotated where positions are rotary.
    [[nodiscard]] std::int64_t rotaryWidth() const { return latent == Latent::Joint ? qkRopeHeadDim : rotaryDim > 0 ? rotaryDim : headDim; }
    /// How many positions back a query of that layer sees, its own included; 0 = all.
    [[nodiscard]] std::int64_t window(LayerIndex layer) const { return windows.empty() ? 0 : windows[layer.index()]; }
    [[nodiscard]] bool normsLatents() const { return latentNorm.value_or(latent == Latent::Joint); }
    [[nodiscard]] bool hasOutputBias() const { return bias || outputBias; }
    bool operator==(const AttentionConfig&) const = default;
};

/// How a mixture of experts chooses among them.
/// Softmax: DeepSeek-V2 (arXiv 2405.04434, section 2.1.3): probabilities over all experts; the groups with the largest single one stay.
/// Sigmoid: DeepSeek-V3 (arXiv 2412.19437, section 2.1.2): choice by sigmoid plus a correction bias, groups by the sum of their two best,
/// weights by the sigmoid alone.
enum class ExpertScoring : std::uint8_t { Softmax, Sigmoid };
[[nodiscard]] std::string_view name(ExpertScoring scoring);  ///< "softmax", "sigmoid"

/// Feed-forward networks of which each token uses a few: y = Σ_k w_k · E_k(x) + shared(x), all of them SwiGLU.
struct MoeConfig {
    std::int64_t experts = 0;     ///< n_routed_experts; 0 = every layer is dense
    std::int64_t firstLayer = 0;  ///< first_k_dense_replace: the layers before it are dense
    std::int64_t perToken = 0;    ///< num_experts_per_tok
    std::int64_t width = 0;       ///< moe_intermediate_size: inner width of one expert
    std::int64_t shared = 0;      ///< n_shared_experts: one network of that many widths which every token uses
    std::int64_t groups = 1;      ///< n_group
    std::int64_t topGroups = 1;   ///< topk_group: experts are chosen from the best of the groups only
    double scale = 1.0;           ///< routed_scaling_factor: multiplies the weights of routed experts
    bool normalised = false;      ///< norm_topk_prob: a token's weights are divided by their sum
    ExpertScoring scoring = ExpertScoring::Sigmoid;
    bool operator==(const MoeConfig&) const = default;
};

/// Pre-norm blocks: norm → attention → norm → feed-forward, each added to the residual stream.
struct ModelConfig {
    Family family = Family::Llama;
    std::string modelType;      ///< as the file spells it: "llama", "deepseek_v3", "llama2.c"; GGUF: "llama", "deepseek2"
    std::int64_t dModel = 0;    ///< D
    std::int64_t layers = 0;    ///< L
    std::int64_t vocab = 0;     ///< V
    std::int64_t context = 0;   ///< positions the network was trained for
    std::int64_t ffnWidth = 0;  ///< inner width of the dense feed-forward network
    Positions positions = Positions::Rotary;
    NormKind norm = NormKind::Rms;
    MlpKind mlp = MlpKind::SwiGlu;
    AttentionConfig attention;
    MoeConfig moe;
    bool normBias = true;           ///< Layer norms: with a bias
    bool parallelResidual = false;  ///< attention and feed-forward both read the stream as it came in: x + A(n₁(x)) + F(n₂(x))
    double normEps = 1e-5;
    double latentNormEps = 1e-6;  ///< of all latents' norms; kv_a_layernorm and q_a_layernorm always use 1e-6
    bool mlpBias = false;
    bool tieEmbeddings = false;
    std::optional<TokenId> bosToken;
    std::vector<TokenId> eosTokens;
    DType storage = DType::F32;  ///< element type of most weights in the file

    [[nodiscard]] bool hasExperts(LayerIndex layer) const { return moe.experts > 0 && layer.value() >= moe.firstLayer; }
    /// How many layers have experts.
    [[nodiscard]] std::int64_t expertLayers() const;
    bool operator==(const ModelConfig&) const = default;
};

/// What scores q·k are multiplied by: 1/√(width of a query) unless the network does without, divided by the layer's number where it says
/// so, times mscale² for a joint latent with YaRN.
[[nodiscard]] double attentionScale(const ModelConfig& config, LayerIndex layer);

/// "MHA", "GQA", "MQA" or "MLA": as short as a switch needs it.
[[nodiscard]] std::string attentionShortName(const AttentionConfig& attention);
/// "MHA", "GQA", "MQA", "MLA (joint latent)", "MLA (latent per head)" or "MLA (shared latents)".
[[nodiscard]] std::string attentionFormName(const AttentionConfig& attention);

struct ParameterCount {
    std::int64_t total = 0;
    std::int64_t nonEmbedding = 0;  ///< total − token and position embeddings; an untied head counts
    std::int64_t active = 0;        ///< of the total: what one token uses. Less than the total only with experts
};
/// Counts parameters from the shapes alone.
[[nodiscard]] ParameterCount countParameters(const ModelConfig& config);

}  // namespace loom
