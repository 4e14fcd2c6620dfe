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

    PlainResult run(const TokenIds& tokens) {
        PlainResult result;
        m_length = std::ssize(tokens);
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
            addFeedForward(x, m_config.parallelResidual ? untouched : x, layer, prefix);
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
            y.push_back((x[i] - mean) / std::sqrt(variance + m_config.normEps) * cached(name + ".weight")[i]);
            if (m_config.normBias) y.back() += cached(name + ".bias")[i];
        }
        return y;
    }

    /// theta^(−2i/width), as the rotary scaling changes it for a text of m_length tokens.
    double inverseFrequency(std::int64_t pair, std::int64_t width) const {
        const RopeScaling& s = m_config.attention.ropeScaling;
        const auto w = static_cast<double>(width);
        const auto i = static_cast<double>(pair);
        const auto n = static_cast<double>(m_length);
        const auto trained = static_cast<double>(s.originalContext);
        double theta = m_config.attention.ropeTheta;
        if (s.kind == RopeScalingKind::Dynamic && n > trained) {
            theta *= std::pow(s.factor * n / trained - (s.factor - 1.0), w / (w - 2.0));
        }
        const double inverse = std::pow(theta, -2.0 * i / w);
        if (s.kind == RopeScalingKind::Linear) return inverse / s.factor;
        if (s.kind == RopeScalingKind::Llama3) {
            const double length = 2.0 * M_PI / inverse;
            if (length > trained / s.lowFrequencyFactor) return inverse / s.factor;
            if (length < trained / s.highFrequencyFactor) return inverse;
            const double part = (trained / length - s.lowFrequencyFactor) / (s.highFrequencyFactor - s.lowFrequencyFactor);
            return (1.0 - part) * inverse / s.factor + part * inverse;
        }
        if (s.kind == RopeScalingKind::Yarn) {
            const auto dim = [&](double turns) { return w * std::log(trained / (2.0 * M_PI * turns)) / (2.0 * std::log(theta)); };
            double lo = dim(s.betaFast);
            double hi = dim(s.betaSlow);
            if (s.truncate) {
                lo = std::floor(lo);
                hi = std::ceil(hi);
            }
            lo = lo < 0.0 ? 0.0 : lo;
            hi = hi > w - 1.0 ? w - 1.0 : hi;
            if (lo == hi) hi += 0.001;
            double ramp = (i - lo) / (hi - lo);
            ramp = ramp < 0.0 ? 0.0 : ramp > 1.0 ? 1.0 : ramp;
            return inverse / s.factor * ramp + inverse * (1.0 - ramp);
        }
        return inverse;
    }

    static double mscale(double factor, double m) { return factor <= 1.0 ? 1.0 : 0.1 * m * std::log(factor) + 1.0; }

    /// What YaRN multiplies sine and cosine by.
    double magnitude() const {
        const RopeScaling& s = m_config.attention.ropeScaling;
        if (s.kind != RopeScalingKind::Yarn) return 1.0;
        if (s.attentionFactor) return *s.attentionFactor;
        const bool both = s.mscale != 0.0 && s.mscaleAllDim != 0.0;
        return both ? mscale(s.factor, s.mscale) / mscale(s.factor, s.mscaleAllDim) : mscale(s.factor, 1.0);
    }

    /// Rotates the `width` elements that start at `from`.
    void rotate(Vec& x, std::int64_t from, std::int64_t width, std::size_t position) const {
        if (m_config.positions != Positions::Rotary) return;
        const AttentionConfig& a = m_config.attention;
        for (std::int64_t i = 0; i < width / 2; ++i) {
            const bool half = a.ropeLayout == RopeLayout::Half;
            const auto first = static_cast<std::size_t>(from + (half ? i : 2 * i));
            const auto second = static_cast<std::size_t>(from + (half ? i + width / 2 : 2 * i + 1));
            const double angle = static_cast<double>(position) * inverseFrequency(i, width);
            const double u = x[first];
            const double v = x[second];
            x[first] = (u * std::cos(angle) - v * std::sin(angle)) * magnitude();
            x[second] = (v * std::cos(angle) + u * std::sin(angle)) * magnitude();
        }
    }

    /// The rotated part of a head of width d.
    void rotateHead(Vec& x, std::size_t position) const {
        const AttentionConfig& a = m_config.attention;
        rotate(x, a.rotaryStart, a.rotaryDim > 0 ? a.rotaryDim : a.headDim, position);
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
            rotateHead(heads.q.back(), position);
            rotateHead(heads.k.back(), position);
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
        const Vec q = a.qLoraRank == 0 ? linear(prefix + "q_proj", x, false)
                                       : linear(prefix + "q_b_proj",
                                                latentNormed(linear(prefix + "q_a_proj", x, a.bias), prefix + "q_a_layernorm"), false);
        const Vec down = linear(prefix + "kv_a_proj_with_mqa", x, a.bias);
        const Vec c = latentNormed(slice(down, 0, a.kvLoraRank), prefix + "kv_a_layernorm");
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

    /// A latent as it is kept: through its norm unless the configuration is without.
    Vec latentNormed(const Vec& latent, const std::string& name) const {
        const AttentionConfig& a = m_config.attention;
        const bool norm = a.latentNorm ? *a.latentNorm : a.latent == Latent::Joint;
        return norm ? normed(latent, name + ".weight", 1e-6) : latent;
    }

    /// Latents one after the other, each through the norm by itself.
    Vec eachNormed(const Vec& latents, std::int64_t rank, const std::string& name) const {
        Vec out;
        for (std::int64_t at = 0; at < std::ssize(latents); at += rank) {
            const Vec one = latentNormed(slice(latents, at, rank), name);
            out.insert(out.end(), one.begin(), one.end());
        }
        return out;
    }

    /// A latent through a head's up-projection: rows [h·d, (h + 1)·d) of the matrix.
    Vec rebuilt(const std::string& name, const Vec& latent, std::int64_t head) const {
        const Vec& up = cached(name);
        const auto d = static_cast<std::size_t>(m_config.attention.headDim);
        Vec out(d, 0.0);
        for (std::size_t i = 0; i < d; ++i) {
            for (std::size_t j = 0; j < latent.size(); ++j) {
                out[i] += up[(static_cast<std::size_t>(head) * d + i) * latent.size() + j] * latent[j];
            }
        }
        return out;
    }

    Heads rebuiltHeads(const Vec& x, std::size_t position, const std::string& prefix) const {
        const AttentionConfig& a = m_config.attention;
        const Vec q = linear(prefix + "q_proj", x, a.bias);
        const Vec keyLatents = eachNormed(linear(prefix + "k_down_proj", x, false), a.kRank, prefix + "k_latent_layernorm");
        const Vec valueLatents = eachNormed(linear(prefix + "v_down_proj", x, false), a.vRank, prefix + "v_latent_layernorm");
        Heads heads;
        heads.first = keyLatents;
        heads.second = valueLatents;
        for (std::int64_t h = 0; h < a.heads; ++h) {
            const std::int64_t latent = a.latent == Latent::PerHead ? h : 0;  // which of the latents this head reads
            heads.q.push_back(slice(q, h * a.headDim, a.headDim));
            heads.k.push_back(rebuilt(prefix + "k_up_proj.weight", slice(keyLatents, latent * a.kRank, a.kRank), h));
            heads.v.push_back(rebuilt(prefix + "v_up_proj.weight", slice(valueLatents, latent * a.vRank, a.vRank), h));
            rotateHead(heads.q.back(), position);
            rotateHead(heads.k.back(), position);
        }
        return heads;
    }

    Heads headsOf(const Vec& x, std::size_t position, const std::string& prefix) const {
        switch (m_config.attention.latent) {
            case Latent::Joint: return jointHeads(x, position, prefix);
            case Latent::PerHead:
            case Latent::SplitShared: return rebuiltHeads(x, position, prefix);
            case Latent::None: break;
        }
        return fullHeads(x, position, prefix);
    }

    /// What a layer's scores are multiplied by.
    double scoreScale(std::int64_t layer) const {
        const AttentionConfig& a = m_config.attention;
        const std::int64_t width = a.latent == Latent::Joint ? a.qkNopeHeadDim + a.qkRopeHeadDim : a.headDim;
        double scale = a.scaled ? 1.0 / std::sqrt(static_cast<double>(width)) : 1.0;
        if (a.scaledByLayer) scale /= static_cast<double>(layer + 1);
        const RopeScaling& s = a.ropeScaling;
        if (a.latent == Latent::Joint && s.kind == RopeScalingKind::Yarn && s.mscaleAllDim != 0.0) {
            scale *= std::pow(mscale(s.factor, s.mscaleAllDim), 2.0);
        }
        return scale;
    }

    /// Adds attention to the residual stream and returns its weights [H, T, T]; what else was seen goes into `seen`.
    Vec addAttention(std::vector<Vec>& x, const std::string& layer, std::int64_t index, PlainResult& seen) const {
        const AttentionConfig& a = m_config.attention;
        const std::string prefix = layer + "self_attn.";
        const std::int64_t window = a.windows.empty() ? 0 : a.windows[static_cast<std::size_t>(index)];
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
                    if (window > 0 && static_cast<std::int64_t>(t - s) >= window) continue;
                    const std::size_t width = all[t].q[h].size();
                    const std::size_t place = (h * T + t) * T + s;
                    for (std::size_t i = 0; i < width; ++i) {
                        (i < contentWidth ? content : position)[place] += all[t].q[h][i] * all[s].k[h][i] * scoreScale(index);
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
            const Vec y = linear(prefix + "o_proj", joined, a.bias || a.outputBias);
            for (std::size_t i = 0; i < y.size(); ++i) x[t][i] += y[i];
        }
        return weights;
    }

    /// One feed-forward network.
    Vec network(const std::string& prefix, const Vec& in) const {
        Vec inner = linear(prefix + "up_proj", in, m_config.mlpBias);
        if (m_config.mlp == MlpKind::SwiGlu) {
            const Vec gate = linear(prefix + "gate_proj", in, m_config.mlpBias);
            for (std::size_t i = 0; i < gate.size(); ++i) inner[i] *= gate[i] / (1.0 + std::exp(-gate[i]));
        } else if (m_config.mlp == MlpKind::Gelu) {
            for (double& v : inner) v = 0.5 * v * (1.0 + std::erf(v / std::sqrt(2.0)));
        } else {
            for (double& v : inner) v = 0.5 * v * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (v + 0.044715 * v * v * v)));
        }
        return linear(prefix + "down_proj", inner, m_config.mlpBias);
    }

    /// The index of the largest value that is not taken yet.
    static std::size_t best(const Vec& values, const std::vector<bool>& taken) {
        std::size_t winner = values.size();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!taken[i] && (winner == values.size() || values[i] > values[winner])) winner = i;
        }
        return winner;
    }

    /// How good a group of experts is: V2 by its best, V3 by the sum of its two best.
    double groupScore(const Vec& ranks, std::size_t from, std::size_t count) const {
        double first = -INFINITY;
        double second = -INFINITY;
        for (std::size_t i = from; i < from + count; ++i) {
            if (ranks[i] > first) {
                second = first;
                first = ranks[i];
            } else if (ranks[i] > second) {
                second = ranks[i];
            }
        }
        return m_config.moe.scoring == ExpertScoring::Softmax ? first : first + second;
    }

    Vec mixture(const std::string& prefix, const Vec& in) const {
        const MoeConfig& moe = m_config.moe;
        const auto E = static_cast<std::size_t>(moe.experts);
        const auto groups = static_cast<std::size_t>(moe.groups);
        const bool sigmoid = moe.scoring == ExpertScoring::Sigmoid;
        Vec scores = linear(prefix + "gate", in, false);
        double sum = 0.0;
        for (double& s : scores) {
            s = sigmoid ? 1.0 / (1.0 + std::exp(-s)) : std::exp(s);
            sum += s;
        }
        if (!sigmoid) {
            for (double& s : scores) s /= sum;
        }
        Vec ranks = scores;
        for (std::size_t e = 0; sigmoid && e < E; ++e) ranks[e] += cached(prefix + "gate.e_score_correction_bias")[e];

        Vec ofGroups;
        for (std::size_t g = 0; g < groups; ++g) ofGroups.push_back(groupScore(ranks, g * (E / groups), E / groups));
        std::vector<bool> open(groups, false);
        for (std::int64_t i = 0; i < moe.topGroups; ++i) open[best(ofGroups, open)] = true;
        std::vector<bool> taken(E, false);
        for (std::size_t e = 0; e < E; ++e) taken[e] = !open[e / (E / groups)];

        std::vector<std::size_t> chosen;
        double total = 0.0;
        for (std::int64_t i = 0; i < moe.perToken; ++i) {
            chosen.push_back(best(ranks, taken));
            taken[chosen.back()] = true;
            total += scores[chosen.back()];
        }
        Vec out(in.size(), 0.0);
        if (moe.shared > 0) out = network(prefix + "shared_experts.", in);
        for (const std::size_t e : chosen) {
            const double weight = scores[e] / (moe.normalised ? total + 1e-20 : 1.0) * moe.scale;
            const Vec y = network(prefix + "experts." + std::to_string(e) + ".", in);
            for (std::size_t i = 0; i < y.size(); ++i) out[i] += weight * y[i];
        }
        return out;
    }

    /// Adds to x what the feed-forward part makes of `source`.
    void addFeedForward(std::vector<Vec>& x, const std::vector<Vec>& source, std::int64_t number, const std::string& layer) const {
        const bool experts = m_config.moe.experts > 0 && number >= m_config.moe.firstLayer;
        for (std::size_t t = 0; t < x.size(); ++t) {
            const Vec in = streamNormed(source[t], layer + "post_attention_layernorm");
            const Vec out = experts ? mixture(layer + "mlp.", in) : network(layer + "mlp.", in);
            for (std::size_t i = 0; i < out.size(); ++i) x[t][i] += out[i];
        }
    }

    const Vec& cached(const std::string& name) const {
        const auto found = m_values.find(name);
        return found != m_values.end() ? found->second : m_values.emplace(name, values(name)).first->second;
    }

    const Checkpoint& m_checkpoint;
    const ModelConfig& m_config;
    const PlainAblation& m_off;
    std::int64_t m_length = 0;  ///< of the text
    mutable std::map<std::string, Vec> m_values;
};

}  // namespace

PlainResult plainForward(const Checkpoint& checkpoint, const TokenIds& tokens, const PlainAblation& off) {
    return PlainModel(checkpoint, off).run(tokens);
}

}  // namespace loom::test
