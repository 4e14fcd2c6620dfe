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

namespace loom {

/// What attention stores for the past. None: full keys and values (MHA, GQA, MQA).
/// Joint: one latent c of width r for keys and values plus a rotary key of width dR shared by all heads (DeepSeek-V2, arXiv 2405.04434).
/// PerHead: each head has a key latent and a value latent of its own, K_h = (X W^{K↓}_h) W^{K↑}_h, V_h likewise (arXiv 2506.09342).
enum class Latent : std::uint8_t { None, Joint, PerHead };
/// How a network knows where a token stands. Rotary: keys and queries are turned (with Joint: a decoupled part of them, with PerHead:
/// after the key has been rebuilt from its latent). Learned: a vector per position is added to the embedding.
enum class Positions : std::uint8_t { Rotary, Learned, None };
enum class NormKind : std::uint8_t { Rms, Layer };  ///< Layer: with a bias
/// SwiGlu: W_down (silu(W_gate x) ⊙ W_up x). Gelu: W_down gelu(W_up x), the exact (erf) form.
enum class MlpKind : std::uint8_t { SwiGlu, Gelu };
/// How the rotation pairs the elements of a vector: Half (i, i+d/2), Interleaved (2i, 2i+1).
enum class RopeLayout : std::uint8_t { Half, Interleaved };
/// Which file family the network came from; decides tensor names only.
/// LatentLoom: the program's own folders, for every form that has no family of its own.
enum class Family : std::uint8_t { Llama, DeepseekV3, Llama2C, LatentLoom };

[[nodiscard]] std::string_view name(Latent latent);        ///< "none", "joint", "per_head"
[[nodiscard]] std::string_view name(Positions positions);  ///< "rotary", "learned", "none"
[[nodiscard]] std::string_view name(NormKind norm);        ///< "rms_norm", "layer_norm"
[[nodiscard]] std::string_view name(MlpKind mlp);          ///< "swiglu", "gelu"
[[nodiscard]] std::string_view name(RopeLayout layout);    ///< "half", "interleaved"
[[nodiscard]] std::string_view name(Family family);        ///< "llama", "deepseek_v3", "llama2.c", "latentloom"

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
    std::int64_t kRank = 0;          ///< PerHead: width of one head's key latent
    std::int64_t vRank = 0;          ///< PerHead: width of one head's value latent
    RopeLayout ropeLayout = RopeLayout::Half;
    double ropeTheta = 10000.0;
    bool bias = false;  ///< Llama: on q, k, v and o. DeepSeek: on q_a_proj, kv_a_proj_with_mqa and o_proj

    /// Width of one head's query and key: d, or dN + dR for Joint.
    [[nodiscard]] std::int64_t qkHeadDim() const { return latent == Latent::Joint ? qkNopeHeadDim + qkRopeHeadDim : headDim; }
    /// Width of one head's value: d, or dV for Joint.
    [[nodiscard]] std::int64_t valueHeadDim() const { return latent == Latent::Joint ? vHeadDim : headDim; }
};

/// Pre-norm blocks: norm → attention → norm → feed-forward, each added to the residual stream.
struct ModelConfig {
    Family family = Family::Llama;
    std::string modelType;      ///< as the file spells it: "llama", "deepseek_v3", "llama2.c"
    std::int64_t dModel = 0;    ///< D
    std::int64_t layers = 0;    ///< L
    std::int64_t vocab = 0;     ///< V
    std::int64_t context = 0;   ///< positions the network was trained for
    std::int64_t ffnWidth = 0;  ///< inner width of the feed-forward network
    Positions positions = Positions::Rotary;
    NormKind norm = NormKind::Rms;
    MlpKind mlp = MlpKind::SwiGlu;
    AttentionConfig attention;
    double normEps = 1e-5;
    double latentNormEps = 1e-6;  ///< kv_a_layernorm and q_a_layernorm always use 1e-6
    bool mlpBias = false;
    bool tieEmbeddings = false;
    std::optional<TokenId> bosToken;
    std::vector<TokenId> eosTokens;
    DType storage = DType::F32;  ///< element type of most weights in the file
};

/// "MHA", "GQA", "MQA" or "MLA": as short as a switch needs it.
[[nodiscard]] std::string attentionShortName(const AttentionConfig& attention);
/// "MHA", "GQA", "MQA", "MLA (joint latent)" or "MLA (latent per head)".
[[nodiscard]] std::string attentionFormName(const AttentionConfig& attention);

struct ParameterCount {
    std::int64_t total = 0;
    std::int64_t nonEmbedding = 0;  ///< total − token and position embeddings; an untied head counts
};
/// Counts parameters from the shapes alone.
[[nodiscard]] ParameterCount countParameters(const ModelConfig& config);

}  // namespace loom
