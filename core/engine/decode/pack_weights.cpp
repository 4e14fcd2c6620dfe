// SPDX-License-Identifier: GPL-3.0-or-later
// packWeights: which tensors become which matrices.
#include <string>

#include "core/data/absorption.h"
#include "core/data/bf16.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/decode/decode_weights.h"
#include "core/engine/decode/weight_plan.h"
#include "core/engine/memory/free_memory.h"

namespace loom::decode {
namespace {

class Packing {
public:
    Packing(WeightPlan& plan, const ModelConfig& config, Precision precision, MlaPath path)
        : m_plan(plan), m_config(config), m_precision(precision), m_absorbed(path == MlaPath::Absorbed && !absorbObstacle(config)) {}

    void all(DecodeWeights& w) {
        const std::int64_t D = m_config.dModel;
        const std::string embedding = "model.embed_tokens.weight";
        m_plan.stack(w.head, {m_config.tieEmbeddings ? embedding : "lm_head.weight"}, D, m_precision);
        if (!m_config.tieEmbeddings) m_plan.rows(w.embedding, embedding, m_config.vocab, D, m_precision != Precision::F32);
        if (m_config.positions == Positions::Learned) {
            m_plan.floats(w.places, {{"model.embed_positions.weight", m_config.context * D}});
        }
        norm(w.norm, "model.norm", m_config.norm, D, m_config.normEps);
        w.layers.resize(static_cast<std::size_t>(m_config.layers));
        for (std::int64_t i = 0; i < m_config.layers; ++i) layer(w.layers[static_cast<std::size_t>(i)], LayerIndex{i});
    }

private:
    void norm(NormWeights& to, const std::string& name, NormKind kind, std::int64_t width, double eps) {
        to.kind = kind;
        to.eps = static_cast<float>(eps);
        m_plan.floats(to.weight, {{name + ".weight", width}});
        if (kind == NormKind::Layer && m_config.normBias) m_plan.floats(to.bias, {{name + ".bias", width}});
    }

    void linear(PackedLinear& to, const std::string& name, std::int64_t rows, std::int64_t columns, bool bias) {
        m_plan.stack(to.weight, {name + ".weight"}, columns, m_precision);
        if (bias) m_plan.floats(to.bias, {{name + ".bias", rows}});
    }

    void layer(LayerWeights& to, LayerIndex index) {
        const std::int64_t D = m_config.dModel;
        const std::string prefix = "model.layers." + std::to_string(index.value()) + ".";
        norm(to.attentionNorm, prefix + "input_layernorm", m_config.norm, D, m_config.normEps);
        to.attention.scale = static_cast<float>(attentionScale(m_config, index));
        to.attention.window = m_config.attention.window(index);
        switch (m_config.attention.latent) {
            case Latent::None: full(to.attention, prefix + "self_attn."); break;
            case Latent::Joint: joint(to.attention, prefix + "self_attn."); break;
            case Latent::PerHead:
            case Latent::SplitShared: split(to.attention, prefix + "self_attn."); break;
        }
        norm(to.feedForwardNorm, prefix + "post_attention_layernorm", m_config.norm, D, m_config.normEps);
        if (m_config.hasExperts(index)) {
            experts(to.experts.emplace(), prefix + "mlp.");
        } else {
            feedForward(to.dense, prefix + "mlp.", m_config.ffnWidth);
        }
    }

    void output(AttentionWeights& to, const std::string& prefix) {
        const AttentionConfig& a = m_config.attention;
        linear(to.output, prefix + "o_proj", m_config.dModel, a.heads * a.valueHeadDim(), a.hasOutputBias());
    }

    void full(AttentionWeights& to, const std::string& prefix) {
        const AttentionConfig& a = m_config.attention;
        const std::int64_t kv = a.kvHeads * a.headDim;
        m_plan.stack(to.input.weight, {prefix + "q_proj.weight", prefix + "k_proj.weight", prefix + "v_proj.weight"}, m_config.dModel,
                     m_precision);
        if (a.bias) {
            m_plan.floats(to.input.bias,
                          {{prefix + "q_proj.bias", a.heads * a.headDim}, {prefix + "k_proj.bias", kv}, {prefix + "v_proj.bias", kv}});
        }
        output(to, prefix);
    }

    void joint(AttentionWeights& to, const std::string& prefix) {
        const AttentionConfig& a = m_config.attention;
        const std::int64_t H = a.heads;
        const std::int64_t r = a.kvLoraRank;
        const bool rank = a.qLoraRank > 0;
        const std::string query = prefix + (rank ? "q_a_proj" : "q_proj");
        const std::string down = prefix + "kv_a_proj_with_mqa";
        m_plan.stack(to.input.weight, {query + ".weight", down + ".weight"}, m_config.dModel, m_precision);
        if (a.bias) {
            m_plan.floats(to.input.bias, {{rank ? query + ".bias" : std::string(), rank ? a.qLoraRank : H * a.qkHeadDim()},
                                          {down + ".bias", r + a.qkRopeHeadDim}});
        }
        if (rank) {
            if (a.normsLatents()) norm(to.queryNorm, prefix + "q_a_layernorm", NormKind::Rms, a.qLoraRank, m_config.latentNormEps);
            m_plan.stack(to.query, {prefix + "q_b_proj.weight"}, a.qLoraRank, m_precision);
        }
        if (a.normsLatents()) norm(to.latentNorm, prefix + "kv_a_layernorm", NormKind::Rms, r, m_config.latentNormEps);
        const std::string up = prefix + "kv_b_proj.weight";
        if (m_absorbed) {
            const std::int64_t both = a.qkNopeHeadDim + a.vHeadDim;
            resizeHeads(to);
            for (std::int64_t h = 0; h < H; ++h) {
                const auto head = static_cast<std::size_t>(h);
                m_plan.transposed(to.keyUp[head], up, h * both, a.qkNopeHeadDim, r, m_precision);
                m_plan.slice(to.valueUp[head], up, h * both + a.qkNopeHeadDim, a.vHeadDim, r, m_precision);
            }
        } else {
            m_plan.stack(to.expand, {up}, r, m_precision);
        }
        output(to, prefix);
    }

    void split(AttentionWeights& to, const std::string& prefix) {
        const AttentionConfig& a = m_config.attention;
        m_plan.stack(to.input.weight, {prefix + "q_proj.weight", prefix + "k_down_proj.weight", prefix + "v_down_proj.weight"},
                     m_config.dModel, m_precision);
        if (a.bias) {
            const std::int64_t latents = a.latent == Latent::PerHead ? a.heads : 1;
            m_plan.floats(to.input.bias, {{prefix + "q_proj.bias", a.heads * a.headDim}, {{}, latents * (a.kRank + a.vRank)}});
        }
        if (a.normsLatents()) {
            norm(to.latentNorm, prefix + "k_latent_layernorm", NormKind::Rms, a.kRank, m_config.latentNormEps);
            norm(to.valueNorm, prefix + "v_latent_layernorm", NormKind::Rms, a.vRank, m_config.latentNormEps);
        }
        resizeHeads(to);
        for (std::int64_t h = 0; h < a.heads; ++h) {
            const auto head = static_cast<std::size_t>(h);
            const std::string key = prefix + "k_up_proj.weight";
            if (m_absorbed) {
                m_plan.transposed(to.keyUp[head], key, h * a.headDim, a.headDim, a.kRank, m_precision);
            } else {
                m_plan.slice(to.keyUp[head], key, h * a.headDim, a.headDim, a.kRank, m_precision);
            }
            m_plan.slice(to.valueUp[head], prefix + "v_up_proj.weight", h * a.headDim, a.headDim, a.vRank, m_precision);
        }
        output(to, prefix);
    }

    void resizeHeads(AttentionWeights& to) const {
        to.keyUp.resize(static_cast<std::size_t>(m_config.attention.heads));
        to.valueUp.resize(static_cast<std::size_t>(m_config.attention.heads));
    }

    void feedForward(FeedForwardWeights& to, const std::string& prefix, std::int64_t width) {
        const std::int64_t D = m_config.dModel;
        to.width = width;
        if (m_config.mlp == MlpKind::SwiGlu) {
            m_plan.inTurns(to.input.weight, prefix + "gate_proj.weight", prefix + "up_proj.weight", width, D, m_precision);
            if (m_config.mlpBias) m_plan.floatsInTurns(to.input.bias, prefix + "gate_proj.bias", prefix + "up_proj.bias", width);
        } else {
            linear(to.input, prefix + "up_proj", width, D, m_config.mlpBias);
        }
        linear(to.output, prefix + "down_proj", D, width, m_config.mlpBias);
    }

    void experts(ExpertWeights& to, const std::string& prefix) {
        const MoeConfig& moe = m_config.moe;
        m_plan.stack(to.gate, {prefix + "gate.weight"}, m_config.dModel, Precision::F32);
        if (moe.scoring == ExpertScoring::Sigmoid) m_plan.floats(to.correction, {{prefix + "gate.e_score_correction_bias", moe.experts}});
        to.experts.resize(static_cast<std::size_t>(moe.experts));
        for (std::int64_t e = 0; e < moe.experts; ++e) {
            feedForward(to.experts[static_cast<std::size_t>(e)], prefix + "experts." + std::to_string(e) + ".", moe.width);
        }
        if (moe.shared > 0) feedForward(to.shared.emplace(), prefix + "shared_experts.", moe.shared * moe.width);
    }

    WeightPlan& m_plan;
    const ModelConfig& m_config;
    Precision m_precision;
    bool m_absorbed;
};

}  // namespace

void DecodeWeights::embed(const Kernels& kernels, std::int64_t token, std::int64_t width, float* out) const {
    if (embedding.bytes() == 0) return head.unpackRow(token, out);
    const std::int64_t row = embedding.bytes() / head.rows();
    const DType type = row == width * bytesPerElement(DType::F32) ? DType::F32 : DType::BF16;
    kernels.read(embedding.data() + token * row, type, 1.0F, width, out);
}

std::unique_ptr<DecodeWeights> packWeights(const Checkpoint& checkpoint, Precision precision, MlaPath path, const Kernels& kernels,
                                           BufferAllocator& allocator, std::int64_t threads, const std::stop_token& stop) {
    auto weights = std::make_unique<DecodeWeights>();
    WeightPlan plan(checkpoint, kernels, allocator);
    Packing(plan, checkpoint.config, precision, path).all(*weights);
    weights->bytes = plan.bytes();
    if (const auto room = freeMemory(); room && plan.bytes() > *room) {
        throw Error{"The weights need " + std::to_string(plan.bytes() >> 20) + " MiB in " + std::string(name(precision)) + ", and " +
                        std::to_string(*room >> 20) + " MiB of memory are free",
                    pathText(checkpoint.path), "Close other programs, choose a smaller precision or open a smaller model"};
    }
    plan.run(threads, stop);
    return weights;
}

}  // namespace loom::decode
