// SPDX-License-Identifier: GPL-3.0-or-later
// The network in plain loops over doubles.
#include "tests/core/reference/plain_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace loom::test {
namespace {

using Vec = std::vector<double>;

class PlainModel {
public:
    PlainModel(const Checkpoint& checkpoint, const PlainAblation& off)
        : m_checkpoint(checkpoint), m_config(checkpoint.config), m_off(off) {}

    PlainResult run(const TokenIds& tokens) const {
        PlainResult result;
        const auto D = static_cast<std::size_t>(m_config.dModel);
        const Vec embedding = values("model.embed_tokens.weight");
        std::vector<Vec> x;  // [T][D]
        for (const TokenId token : tokens) {
            const auto row = embedding.begin() + static_cast<std::ptrdiff_t>(token.index() * D);
            x.emplace_back(row, row + static_cast<std::ptrdiff_t>(D));
            if (m_config.positions != Positions::Learned) continue;
            const Vec& places = cached("model.embed_positions.weight");
            for (std::size_t i = 0; i < D; ++i) x.back()[i] += places[(x.size() - 1) * D + i];
        }
        result.lens.push_back(logitsOf(x));
        for (std::int64_t layer = 0; layer < m_config.layers; ++layer) {
            const std::string prefix = "model.layers." + std::to_string(layer) + ".";
            const std::vector<Vec> untouched = x;
            result.attention.push_back(addAttention(x, prefix, layer, result));
            addFeedForward(x, prefix);
            if (std::find(m_off.layers.begin(), m_off.layers.end(), LayerIndex{layer}) != m_off.layers.end()) x = untouched;
            result.lens.push_back(logitsOf(x));
        }
        result.logits = result.lens.back();
        return result;
    }

private:
    Vec logitsOf(const std::vector<Vec>& x) const {
        Vec all;
        const std::string head = m_config.tieEmbeddings ? "model.embed_tokens" : "lm_head";
        for (const Vec& row : x) {
            const Vec logits = linear(head, streamNormed(row, "model.norm"), false);
            all.insert(all.end(), logits.begin(), logits.end());
        }
        return all;
    }

    Vec values(const std::string& name) const {
        const TensorView& view = m_checkpoint.tensors.at(name);
        Vec out;
        for (std::size_t i = 0; i < view.data.size() / sizeof(float); ++i) {
            float value = 0;
            std::memcpy(&value, view.data.data() + i * sizeof(float), sizeof(float));
            out.push_back(static_cast<double>(value));
        }
        return out;
    }

    Vec linear(const std::string& name, const Vec& x, bool bias) const {
        const Vec& w = cached(name + ".weight");
        const std::size_t rows = w.size() / x.size();
        Vec y(rows, 0.0);
        for (std::size_t o = 0; o < rows; ++o) {
            for (std::size_t i = 0; i < x.size(); ++i) y[o] += w[o * x.size() + i] * x[i];
            if (bias) y[o] += cached(name + ".bias")[o];
        }
        return y;
    }

    Vec normed(const Vec& x, const std::string& name, double eps) const {
        double squares = 0.0;
        for (const double v : x) squares += v * v;
        const double length = std::sqrt(squares / static_cast<double>(x.size()) + eps);
        Vec y;
        for (std::size_t i = 0; i < x.size(); ++i) y.push_back(x[i] / length * cached(name)[i]);
        return y;
    }

    /// The norm of the residual stream: RMSNorm or LayerNorm.
    Vec streamNormed(const Vec& x, const std::string& name) const {
        if (m_config.norm == NormKind::Rms) return normed(x, name + ".weight", m_config.normEps);
        const auto n = static_cast<double>(x.size());
        double mean = 0.0;
        for (const double v : x) mean += v / n;
        double variance = 0.0;
        for (const double v : x) variance += (v - mean) * (v - mean) / n;
        Vec y;
        for (std::size_t i = 0; i < x.size(); ++i) {
            y.push_back((x[i] - mean) / std::sqrt(variance + m_config.normEps) * cached(name + ".weight")[i] + cached(name + ".bias")[i]);
        }
        return y;
    }

    /// Rotates the `width` elements that start at `from`.
    void rotate(Vec& x, std::int64_t from, std::int64_t width, std::size_t position) const {
        if (m_config.positions != Positions::Rotary) return;
        const AttentionConfig& a = m_config.attention;
        for (std::int64_t i = 0; i < width / 2; ++i) {
            const bool half = a.ropeLayout == RopeLayout::Half;
            const auto first = static_cast<std::size_t>(from + (half ? i : 2 * i));
            const auto second = static_cast<std::size_t>(from + (half ? i + width / 2 : 2 * i + 1));
            const double angle =
                static_cast<double>(position) * std::pow(a.ropeTheta, -2.0 * static_cast<double>(i) / static_cast<double>(width));
            const double u = x[first];
            const double v = x[second];
            x[first] = u * std::cos(angle) - v * std::sin(angle);
            x[second] = v * std::cos(angle) + u * std::sin(angle);
        }
    }

    struct Heads {
        std::vector<Vec> q;  ///< [H][width]
        std::vector<Vec> k;  ///< [H][width], the key that each query head reads
        std::vector<Vec> v;  ///< [H][value width]
        Vec first, second;   ///< what is kept: latent and rotary key, latents of the heads, or keys and values
    };

    static Vec slice(const Vec& x, std::int64_t from, std::int64_t count) { return {x.begin() + from, x.begin() + from + count}; }

    Heads fullHeads(const Vec& x, std::size_t position, const std::string& prefix) const {
        const AttentionConfig& a = m_config.attention;
        const Vec q = linear(prefix + "q_proj", x, a.bias);
        const Vec k = linear(prefix + "k_proj", x, a.bias);
        const Vec v = linear(prefix + "v_proj", x, a.bias);
        Heads heads;
        for (std::int64_t h = 0; h < a.heads; ++h) {
            const std::int64_t g = h / (a.heads / a.kvHeads);
            heads.q.push_back(slice(q, h * a.headDim, a.headDim));
            heads.k.push_back(slice(k, g * a.headDim, a.headDim));
            heads.v.push_back(slice(v, g * a.headDim, a.headDim));
            rotate(heads.q.back(), 0, a.headDim, position);
            rotate(heads.k.back(), 0, a.headDim, position);
            if (h % (a.heads / a.kvHeads) != 0) continue;
            heads.first.insert(heads.first.end(), heads.k.back().begin(), heads.k.back().end());
            heads.second.insert(heads.second.end(), heads.v.back().begin(), heads.v.back().end());
        }
        return heads;
    }

    Heads jointHeads(const Vec& x, std::size_t position, const std::string& prefix) const {
        const AttentionConfig& a = m_config.attention;
        const std::int64_t dN = a.qkNopeHeadDim;
        const std::int64_t dR = a.qkRopeHeadDim;
        const Vec q =
            a.qLoraRank == 0
                ? linear(prefix + "q_proj", x, false)
                : linear(prefix + "q_b_proj", normed(linear(prefix + "q_a_proj", x, a.bias), prefix + "q_a_layernorm.weight", 1e-6), false);
        const Vec down = linear(prefix + "kv_a_proj_with_mqa", x, a.bias);
        const Vec c = normed(slice(down, 0, a.kvLoraRank), prefix + "kv_a_layernorm.weight", 1e-6);
        Vec kR = slice(down, a.kvLoraRank, dR);
        rotate(kR, 0, dR, position);
        const Vec up = linear(prefix + "kv_b_proj", c, false);
        Heads heads;
        heads.first = c;
        heads.second = kR;
        for (std::int64_t h = 0; h < a.heads; ++h) {
            heads.q.push_back(slice(q, h * (dN + dR), dN + dR));
            rotate(heads.q.back(), dN, dR, position);
            heads.k.push_back(slice(up, h * (dN + a.vHeadDim), dN));
            heads.k.back().insert(heads.k.back().end(), kR.begin(), kR.end());
            heads.v.push_back(slice(up, h * (dN + a.vHeadDim) + dN, a.vHeadDim));
        }
        return heads;
    }

    /// One head's latent through its up-projection: rows [h·d, (h + 1)·d) of the matrix.
    Vec rebuilt(const std::string& name, const Vec& latents, std::int64_t head, std::int64_t rank) const {
        const Vec& up = cached(name);
        const std::int64_t d = m_config.attention.headDim;
        Vec out(static_cast<std::size_t>(d), 0.0);
        for (std::int64_t i = 0; i < d; ++i) {
            for (std::int64_t j = 0; j < rank; ++j) {
                out[static_cast<std::size_t>(i)] +=
                    up[static_cast<std::size_t>((head * d + i) * rank + j)] * latents[static_cast<std::size_t>(head * rank + j)];
            }
        }
        return out;
    }

    Heads perHeadHeads(const Vec& x, std::size_t position, const std::string& prefix) const {
        const AttentionConfig& a = m_config.attention;
        const Vec q = linear(prefix + "q_proj", x, a.bias);
        const Vec keyLatents = linear(prefix + "k_down_proj", x, false);
        const Vec valueLatents = linear(prefix + "v_down_proj", x, false);
        Heads heads;
        heads.first = keyLatents;
        heads.second = valueLatents;
        for (std::int64_t h = 0; h < a.heads; ++h) {
            heads.q.push_back(slice(q, h * a.headDim, a.headDim));
            heads.k.push_back(rebuilt(prefix + "k_up_proj.weight", keyLatents, h, a.kRank));
            heads.v.push_back(rebuilt(prefix + "v_up_proj.weight", valueLatents, h, a.vRank));
            rotate(heads.q.back(), 0, a.headDim, position);
            rotate(heads.k.back(), 0, a.headDim, position);
        }
        return heads;
    }

    Heads headsOf(const Vec& x, std::size_t position, const std::string& prefix) const {
        switch (m_config.attention.latent) {
            case Latent::Joint: return jointHeads(x, position, prefix);
            case Latent::PerHead: return perHeadHeads(x, position, prefix);
            case Latent::None: break;
        }
        return fullHeads(x, position, prefix);
    }

    /// Adds attention to the residual stream and returns its weights [H, T, T]; what else was seen goes into `seen`.
    Vec addAttention(std::vector<Vec>& x, const std::string& layer, std::int64_t index, PlainResult& seen) const {
        const AttentionConfig& a = m_config.attention;
        const std::string prefix = layer + "self_attn.";
        const std::size_t T = x.size();
        const auto H = static_cast<std::size_t>(a.heads);
        std::vector<Heads> all;
        for (std::size_t t = 0; t < T; ++t) {
            all.push_back(headsOf(streamNormed(x[t], layer + "input_layernorm"), t, prefix));
        }
        Vec& first = seen.firstLane.emplace_back();
        Vec& second = seen.secondLane.emplace_back();
        for (const Heads& heads : all) {
            first.insert(first.end(), heads.first.begin(), heads.first.end());
            second.insert(second.end(), heads.second.begin(), heads.second.end());
        }
        const std::size_t contentWidth = a.latent == Latent::Joint ? static_cast<std::size_t>(a.qkNopeHeadDim) : all[0].q[0].size();
        Vec& content = seen.content.emplace_back(H * T * T, 0.0);
        Vec& position = seen.position.emplace_back(H * T * T, 0.0);
        Vec weights(H * T * T, 0.0);
        for (std::size_t t = 0; t < T; ++t) {
            Vec joined;
            for (std::size_t h = 0; h < H; ++h) {
                double* p = weights.data() + (h * T + t) * T;
                double sum = 0.0;
                for (std::size_t s = 0; s <= t; ++s) {
                    const std::size_t width = all[t].q[h].size();
                    const std::size_t place = (h * T + t) * T + s;
                    for (std::size_t i = 0; i < width; ++i) {
                        (i < contentWidth ? content : position)[place] +=
                            all[t].q[h][i] * all[s].k[h][i] / std::sqrt(static_cast<double>(width));
                    }
                    p[s] = std::exp(content[place] + position[place]);
                    sum += p[s];
                }
                Vec out(all[t].v[h].size(), 0.0);
                for (std::size_t s = 0; s <= t; ++s) {
                    p[s] /= sum;
                    for (std::size_t i = 0; i < out.size(); ++i) out[i] += p[s] * all[s].v[h][i];
                }
                const HeadPlace place{LayerIndex{index}, HeadIndex{static_cast<std::int64_t>(h)}};
                if (std::find(m_off.heads.begin(), m_off.heads.end(), place) != m_off.heads.end()) std::fill(out.begin(), out.end(), 0.0);
                joined.insert(joined.end(), out.begin(), out.end());
            }
            const Vec y = linear(prefix + "o_proj", joined, a.bias);
            for (std::size_t i = 0; i < y.size(); ++i) x[t][i] += y[i];
        }
        return weights;
    }

    void addFeedForward(std::vector<Vec>& x, const std::string& layer) const {
        for (Vec& row : x) {
            const Vec in = streamNormed(row, layer + "post_attention_layernorm");
            Vec inner = linear(layer + "mlp.up_proj", in, m_config.mlpBias);
            if (m_config.mlp == MlpKind::SwiGlu) {
                const Vec gate = linear(layer + "mlp.gate_proj", in, m_config.mlpBias);
                for (std::size_t i = 0; i < gate.size(); ++i) inner[i] *= gate[i] / (1.0 + std::exp(-gate[i]));
            } else {
                for (double& v : inner) v = 0.5 * v * (1.0 + std::erf(v / std::sqrt(2.0)));
            }
            const Vec down = linear(layer + "mlp.down_proj", inner, m_config.mlpBias);
            for (std::size_t i = 0; i < down.size(); ++i) row[i] += down[i];
        }
    }

    const Vec& cached(const std::string& name) const {
        const auto found = m_values.find(name);
        return found != m_values.end() ? found->second : m_values.emplace(name, values(name)).first->second;
    }

    const Checkpoint& m_checkpoint;
    const ModelConfig& m_config;
    const PlainAblation& m_off;
    mutable std::map<std::string, Vec> m_values;
};

}  // namespace

PlainResult plainForward(const Checkpoint& checkpoint, const TokenIds& tokens, const PlainAblation& off) {
    return PlainModel(checkpoint, off).run(tokens);
}

}  // namespace loom::test
