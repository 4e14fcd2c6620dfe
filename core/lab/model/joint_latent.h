// SPDX-License-Identifier: GPL-3.0-or-later
// JointLatent: DeepSeek's multi-head latent attention (arXiv 2405.04434, equations 9–19). Every position is pressed into one
// latent c [r] for the keys and values of all heads, and one rotary key k^R [dR] that all heads share:
//     c = RMSNorm(W^{DKV} x)    k^R = RoPE(W^{KR} x)    k_i = [W^{UK}_i c ; k^R]    v_i = W^{UV}_i c
// Two ways to decode give the same result: JointLatentNaive expands the keys and values and keeps those, JointLatentAbsorbed
// keeps c and k^R themselves.
#pragma once

#include <optional>

#include "core/lab/model/attention.h"
#include "core/lab/model/norm.h"

namespace loom::lab {

/// What both ways share: the projections of the new positions.
class JointLatent {
public:
    JointLatent(const ModelConfig& config, LayerIndex layer, const Weights& weights);

    struct Query {
        Tensor content;  ///< q^C [B, T, H, dN]
        Tensor rotary;   ///< q^R [B, T, H, dR], rotated
    };
    struct Key {
        Tensor latent;  ///< c [B, T, r], normalised unless latent_norm is off
        Tensor rotary;  ///< k^R [B, T, dR], rotated
    };
    [[nodiscard]] Query query(const Tensor& x, const Rope& rope) const;
    [[nodiscard]] Key key(const Tensor& x, const Rope& rope) const;
    [[nodiscard]] const AttentionConfig& config() const { return m_config; }
    [[nodiscard]] LayerIndex layer() const { return m_layer; }
    [[nodiscard]] double scale() const { return m_scale; }           ///< 1/√(dN + dR), times mscale² with YaRN
    [[nodiscard]] const Linear& up() const { return m_up; }          ///< r → H·(dN + dV): per head W^{UK}_i, then W^{UV}_i
    [[nodiscard]] const Linear& output() const { return m_output; }  ///< H·dV → D

private:
    AttentionConfig m_config;
    LayerIndex m_layer;
    double m_scale;
    std::optional<Linear> m_queryDown;  ///< D → query rank; none: queries come straight from x
    std::optional<Norm> m_queryNorm;
    Linear m_query;  ///< D or query rank → H·(dN + dR)
    Linear m_down;   ///< D → r + dR: W^{DKV} above W^{KR}
    std::optional<Norm> m_latentNorm;
    Linear m_up;
    Linear m_output;
};

/// Keeps the expanded keys (each head with its copy of k^R) and values: H·(dN + dR + dV) numbers a position.
class JointLatentNaive final : public Attention {
public:
    explicit JointLatentNaive(JointLatent shared) : m_shared(std::move(shared)) {}
    [[nodiscard]] Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const override;

private:
    JointLatent m_shared;
};

/// Keeps c and k^R: r + dR numbers a position. Keys and values of the past are never formed.
class JointLatentAbsorbed final : public Attention {
public:
    explicit JointLatentAbsorbed(JointLatent shared);
    [[nodiscard]] Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const override;

private:
    JointLatent m_shared;
    Tensor m_keyUp;    ///< W^{UK} [H, dN, r]
    Tensor m_valueUp;  ///< W^{UV} [H, dV, r]
};

}  // namespace loom::lab
