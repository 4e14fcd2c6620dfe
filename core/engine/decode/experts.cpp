// SPDX-License-Identifier: GPL-3.0-or-later
// Experts: who uses which, and the sum of what they return, in the order of the experts.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/engine/decode/feed_forward.h"

namespace loom::decode {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

/// The place of the largest value.
std::int64_t best(const float* values, std::int64_t n) { return std::max_element(values, values + n) - values; }

/// Chooses the experts of rows from the router's logits.
class Choice {
public:
    Choice(const MoeConfig& moe, const ExpertWeights& weights, Workspace& space) : m_moe(moe), m_weights(weights), m_space(space) {}

    /// space.uses, expert by expert and in each row by row, and space.usesBegin.
    void all(std::int64_t count) const {
        for (std::int64_t t = 0; t < count; ++t) choose(t);
        const std::int64_t k = m_moe.perToken;
        std::int64_t used = 0;
        for (std::int64_t e = 0; e < m_moe.experts; ++e) {
            m_space.usesBegin[static_cast<std::size_t>(e)] = used;
            for (std::int64_t i = 0; i < count * k; ++i) {
                if (m_space.chosen[static_cast<std::size_t>(i)] != e) continue;
                m_space.uses[static_cast<std::size_t>(used++)] = {i / k, m_space.chosenWeights[static_cast<std::size_t>(i)]};
            }
        }
        m_space.usesBegin[static_cast<std::size_t>(m_moe.experts)] = used;
    }

private:
    void choose(std::int64_t t) const {
        const std::int64_t E = m_moe.experts;
        const std::int64_t k = m_moe.perToken;
        const float* logits = m_space.router.data() + t * E;
        float* scores = m_space.scores.data();
        float* ranked = m_space.ranked.data();
        scoresOf(logits, scores);
        std::copy_n(scores, E, ranked);
        for (std::int64_t e = 0; e < E && !m_weights.correction.empty(); ++e) ranked[e] += m_weights.correction.data()[e];
        if (m_moe.topGroups != m_moe.groups) keepBestGroups(ranked);

        std::int64_t* chosen = m_space.chosen.data() + t * k;
        float* weights = m_space.chosenWeights.data() + t * k;
        float sum = 0.0F;
        for (std::int64_t i = 0; i < k; ++i) {
            chosen[i] = best(ranked, E);
            ranked[chosen[i]] = kNever;
            weights[i] = scores[chosen[i]];
            sum += weights[i];
        }
        for (std::int64_t i = 0; i < k; ++i) {
            if (m_moe.normalised) weights[i] /= sum + 1e-20F;
            weights[i] *= static_cast<float>(m_moe.scale);
        }
    }

    void scoresOf(const float* logits, float* scores) const {
        const std::int64_t E = m_moe.experts;
        if (m_moe.scoring == ExpertScoring::Sigmoid) {
            for (std::int64_t e = 0; e < E; ++e) scores[e] = 1.0F / (1.0F + std::exp(-logits[e]));
            return;
        }
        const float most = *std::max_element(logits, logits + E);
        for (std::int64_t e = 0; e < E; ++e) scores[e] = std::exp(logits[e] - most);
        const float sum = std::accumulate(scores, scores + E, 0.0F);
        for (std::int64_t e = 0; e < E; ++e) scores[e] /= sum;
    }

    /// Sets the scores of all but the best groups to −∞. A group counts by its largest score, with Sigmoid by its two largest.
    void keepBestGroups(float* ranked) const {
        const std::int64_t size = m_moe.experts / m_moe.groups;
        const auto worth = [&](std::int64_t g) {
            float first = kNever;
            float second = kNever;
            for (const float* score = ranked + g * size; score != ranked + (g + 1) * size; ++score) {
                second = std::max(second, std::min(first, *score));
                first = std::max(first, *score);
            }
            return m_moe.scoring == ExpertScoring::Softmax ? first : first + second;
        };
        for (std::int64_t away = m_moe.groups - m_moe.topGroups; away > 0; --away) {
            std::int64_t worst = -1;
            for (std::int64_t g = 0; g < m_moe.groups; ++g) {
                if (ranked[g * size] == kNever) continue;  // already away
                if (worst < 0 || worth(g) <= worth(worst)) worst = g;
            }
            std::fill_n(ranked + worst * size, size, kNever);
        }
    }

    const MoeConfig& m_moe;
    const ExpertWeights& m_weights;
    Workspace& m_space;
};

}  // namespace

ThreadTeam::Range experts(const Worker& worker, const LayerWeights& layer, const float* x, std::int64_t count, float* out) {
    const ModelConfig& config = worker.step().config;
    const ExpertWeights& weights = *layer.experts;
    const Kernels& k = worker.kernels();
    Workspace& space = worker.space();
    const std::int64_t D = config.dModel;
    float* normed = space.normed.data();
    const ThreadTeam::Range rows = worker.share(count);
    for (std::int64_t t = rows.first; t < rows.last; ++t) worker.normalise(layer.feedForwardNorm, x + t * D, D, normed + t * D);
    worker.meet();
    worker.multiply(weights.gate, nullptr, {normed, D}, count, space.router.data(), config.moe.experts);
    worker.meet();
    if (worker.thread() == 0) Choice(config.moe, weights, space).all(count);
    worker.meet();

    // Inputs of experts stand together, so that each reads its weights once for all rows that use it.
    const ThreadTeam::Range mine = worker.share(count * config.moe.perToken);
    for (std::int64_t i = mine.first; i < mine.last; ++i) {
        std::copy_n(normed + space.uses[static_cast<std::size_t>(i)].row * D, D, space.gathered.data() + i * D);
        if (worker.quantised()) space.expertInput.prepare(k, worker.step().precision, space.gathered.data(), D, D, i);
    }
    worker.meet();
    const auto viewOf = [&](const float* data, std::int64_t stride, std::int64_t columns) {
        return worker.quantised() ? space.expertInput.view(data, stride, columns) : ActivationsView{data, stride};
    };
    const auto forExperts = [&](const auto& work) {
        for (std::int64_t e = 0; e < config.moe.experts; ++e) {
            const std::int64_t first = space.usesBegin[static_cast<std::size_t>(e)];
            const std::int64_t last = space.usesBegin[static_cast<std::size_t>(e + 1)];
            if (first < last) work(weights.experts[static_cast<std::size_t>(e)], first, last - first);
        }
    };
    const ActivationsView input = viewOf(space.gathered.data(), D, D);
    forExperts([&](const FeedForwardWeights& expert, std::int64_t first, std::int64_t uses) {
        activate(worker, expert, fromRow(input, first, D), first, uses);
    });
    worker.meet();
    const FeedForwardWeights& any = weights.experts.front();  // all have the same shape
    const Activated inner = activated(worker, any, 0);
    for (std::int64_t i = mine.first; i < mine.last && worker.quantised(); ++i) {
        space.expertInput.prepare(k, worker.step().precision, inner.data, inner.stride, any.width, i);
    }
    if (worker.quantised()) worker.meet();
    const ActivationsView second = viewOf(inner.data, inner.stride, any.width);
    ThreadTeam::Range range;
    forExperts([&](const FeedForwardWeights& expert, std::int64_t first, std::int64_t uses) {
        range = worker.multiply(expert.output.weight, &expert.output.bias, fromRow(second, first, any.width), uses,
                                space.returned.data() + first * D, D);
    });

    for (std::int64_t t = 0; t < count; ++t) std::fill(out + t * D + range.first, out + t * D + range.last, 0.0F);
    for (std::int64_t i = 0; i < count * config.moe.perToken; ++i) {
        const ExpertUse& use = space.uses[static_cast<std::size_t>(i)];
        float* to = out + use.row * D;
        const float* from = space.returned.data() + i * D;
        for (std::int64_t c = range.first; c < range.last; ++c) to[c] += use.weight * from[c];
    }
    if (!weights.shared) return range;
    worker.meet();  // the hidden values of experts have been read
    const ActivationsView all = worker.input(normed, D, D, count, nullptr);
    float* shared = space.returned.data();
    (void)feedForward(worker, *weights.shared, all, count, shared);
    worker.add(out, shared, D, count, range);
    return range;
}

}  // namespace loom::decode
