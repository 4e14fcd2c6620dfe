// SPDX-License-Identifier: GPL-3.0-or-later
// attend: projections, what is kept, and the output.
#include "core/engine/decode/attention.h"

#include <algorithm>
#include <cmath>

namespace loom::decode {
namespace {

class Attention {
public:
    Attention(const Worker& worker, const LayerWeights& weights, LayerIndex layer, bool wantedOnly)
        : m_worker(worker),
          m_space(worker.space()),
          m_config(worker.step().config.attention),
          m_weights(weights),
          m_layer(layer),
          m_rows(std::ssize(worker.step().rows)),
          m_first(wantedOnly ? worker.step().wanted : 0),
          m_tiles(wantedOnly ? worker.step().wantedTiles : worker.step().tiles),
          m_stride(weights.attention.input.weight.rows()) {}

    ThreadTeam::Range run() {
        project();
        const bool absorbed = m_worker.step().absorbed;
        switch (m_config.latent) {
            case Latent::None: full(); break;
            case Latent::Joint: absorbed ? joint() : jointExpanded(); break;
            case Latent::PerHead:
            case Latent::SplitShared: split(); break;
        }
        m_worker.meet();
        return output();
    }

private:
    [[nodiscard]] float* projected(std::int64_t row, std::int64_t column = 0) const {
        return m_space.projected.data() + row * m_stride + column;
    }
    [[nodiscard]] const StepRow& row(std::int64_t t) const { return m_worker.step().rows[static_cast<std::size_t>(t)]; }
    void turn(float* x, std::int64_t t) const { m_worker.step().rotation.turn(m_worker.kernels(), x, row(t).position); }

    /// Everything that reads the stream: [R, rows of the input matrix].
    void project() const {
        const std::int64_t D = m_worker.step().config.dModel;
        const ActivationsView x = m_worker.input(m_space.stream.data(), D, D, m_rows, &m_weights.attentionNorm);
        m_worker.multiply(m_weights.attention.input.weight, &m_weights.attention.input.bias, x, m_rows, projected(0), m_stride);
        m_worker.meet();
    }

    /// Two lanes of every row, divided among the threads: work(t, lane).
    template <class Work>
    void forRows(Work work) const {
        for (std::int64_t i = m_worker.thread(); i < 2 * m_rows; i += m_worker.threads()) work(i / 2, static_cast<std::size_t>(i % 2));
    }

    void full() const {
        const std::int64_t d = m_config.headDim;
        const std::int64_t keys = m_config.heads * d;
        const std::int64_t values = keys + m_config.kvHeads * d;
        forRows([&](std::int64_t t, std::size_t lane) {
            if (lane == 0) {
                for (std::int64_t g = 0; g < m_config.kvHeads; ++g) turn(projected(t, keys + g * d + m_config.rotaryStart), t);
            }
            keep(m_worker, row(t), m_layer, lane, projected(t, lane == 0 ? keys : values));
        });
        m_worker.meet();
        attendFull(m_worker, m_weights, m_layer, {m_config.kvHeads, d, d}, {projected(0), m_stride, m_config.rotaryStart}, m_tiles);
    }

    /// The queries of a joint latent; with a query rank computed here, and complete only after the threads have met.
    [[nodiscard]] Queries jointQueries() const {
        if (m_config.qLoraRank == 0) return {projected(0), m_stride, m_config.qkNopeHeadDim};
        const ActivationsView x = m_worker.input(projected(0), m_stride, m_config.qLoraRank, m_rows,
                                                 m_config.normsLatents() ? &m_weights.attention.queryNorm : nullptr);
        const PackedMatrix& matrix = m_weights.attention.query;
        m_worker.multiply(matrix, nullptr, x, m_rows, m_space.query.data(), matrix.rows());
        return {m_space.query.data(), matrix.rows(), m_config.qkNopeHeadDim};
    }

    /// Where the latent begins in a row of the projections.
    [[nodiscard]] std::int64_t latentBegin() const { return m_stride - m_config.kvLoraRank - m_config.qkRopeHeadDim; }

    void joint() const {
        const std::int64_t r = m_config.kvLoraRank;
        forRows([&](std::int64_t t, std::size_t lane) {
            float* x = projected(t, latentBegin());
            if (lane == 0) {
                m_worker.normalise(m_weights.attention.latentNorm, x, r, m_worker.own().row.data());
                keep(m_worker, row(t), m_layer, lane, m_worker.own().row.data());
            } else {
                turn(x + r, t);
                keep(m_worker, row(t), m_layer, lane, x + r);
            }
        });
        const Queries queries = jointQueries();
        m_worker.meet();
        attendLatent(m_worker, m_weights, m_layer, queries, m_tiles);
    }

    void jointExpanded() const {
        const std::int64_t r = m_config.kvLoraRank;
        const std::int64_t H = m_config.heads;
        const std::int64_t dN = m_config.qkNopeHeadDim;
        const std::int64_t dR = m_config.qkRopeHeadDim;
        const std::int64_t dV = m_config.vHeadDim;
        for (std::int64_t t = m_worker.thread(); t < m_rows; t += m_worker.threads()) {
            m_worker.normalise(m_weights.attention.latentNorm, projected(t, latentBegin()), r, m_space.latents.data() + t * r);
            turn(projected(t, latentBegin() + r), t);
        }
        m_worker.meet();
        const PackedMatrix& up = m_weights.attention.expand;
        const ActivationsView latents = m_worker.input(m_space.latents.data(), r, r, m_rows, nullptr);
        m_worker.multiply(up, nullptr, latents, m_rows, m_space.expanded.data(), up.rows());
        m_worker.meet();
        forRows([&](std::int64_t t, std::size_t lane) {
            const float* expanded = m_space.expanded.data() + t * up.rows();
            const float* rotary = projected(t, latentBegin() + r);
            float* out = m_worker.own().row.data();
            for (std::int64_t h = 0; h < H; ++h, expanded += dN + dV) {
                if (lane == 0) {
                    out = std::copy_n(rotary, dR, std::copy_n(expanded, dN, out));
                } else {
                    out = std::copy_n(expanded + dN, dV, out);
                }
            }
            keep(m_worker, row(t), m_layer, lane, m_worker.own().row.data());
        });
        const Queries queries = jointQueries();
        m_worker.meet();
        attendFull(m_worker, m_weights, m_layer, {H, dN + dR, dV}, queries, m_tiles);
    }

    void split() const {
        const std::int64_t latents = m_config.latent == Latent::PerHead ? m_config.heads : 1;
        const std::int64_t keys = m_config.heads * m_config.headDim;
        const std::int64_t values = keys + latents * m_config.kRank;
        forRows([&](std::int64_t t, std::size_t lane) {
            float* x = projected(t, lane == 0 ? keys : values);
            const std::int64_t width = lane == 0 ? m_config.kRank : m_config.vRank;
            const NormWeights& norm = lane == 0 ? m_weights.attention.latentNorm : m_weights.attention.valueNorm;
            for (std::int64_t i = 0; i < latents && !norm.weight.empty(); ++i)
                m_worker.normalise(norm, x + i * width, width, x + i * width);
            keep(m_worker, row(t), m_layer, lane, x);
        });
        m_worker.meet();
        attendLatent(m_worker, m_weights, m_layer, {projected(0), m_stride, m_config.rotaryStart}, m_tiles);
    }

    [[nodiscard]] ThreadTeam::Range output() const {
        const std::int64_t width = m_config.heads * m_config.valueHeadDim();
        const std::int64_t D = m_worker.step().config.dModel;
        const std::int64_t count = m_rows - m_first;
        if (count == 0) return {};
        const ActivationsView x = m_worker.input(m_space.attended.data() + m_first * width, width, width, count, nullptr);
        return m_worker.multiply(m_weights.attention.output.weight, &m_weights.attention.output.bias, x, count,
                                 m_space.attention.data() + m_first * D, D);
    }

    const Worker& m_worker;
    Workspace& m_space;
    const AttentionConfig& m_config;
    const LayerWeights& m_weights;
    LayerIndex m_layer;
    std::int64_t m_rows;
    std::int64_t m_first;
    std::span<const Tile> m_tiles;
    std::int64_t m_stride;
};

}  // namespace

ThreadTeam::Range attend(const Worker& worker, const LayerWeights& weights, LayerIndex layer, bool wantedOnly) {
    return Attention(worker, weights, layer, wantedOnly).run();
}

void keep(const Worker& worker, const StepRow& row, LayerIndex layer, std::size_t lane, const float* values) {
    BlockCache& cache = *row.cache;
    const CacheSpec& spec = cache.spec();
    const std::int64_t width = spec.lanes[lane].width;
    std::byte* cells = cache.row(layer, lane, row.position);
    float none = 1.0F;
    float* scale = cache.scale(layer, lane, row.position);
    worker.kernels().keep(values, width, spec.dtype, cells, scale != nullptr ? scale : &none);
    if (row.norms == nullptr) return;
    float* read = worker.own().row.data();
    worker.kernels().read(cells, spec.dtype, scale != nullptr ? *scale : 1.0F, width, read);
    row.norms[layer.index() * spec.lanes.size() + lane] = std::sqrt(worker.kernels().squares(read, width));
}

}  // namespace loom::decode
