// SPDX-License-Identifier: GPL-3.0-or-later
// Stepper: embedding, layers, head.
#include "core/engine/decode/step.h"

#include <algorithm>

#include "core/engine/decode/attention.h"
#include "core/engine/decode/feed_forward.h"

namespace loom::decode {
namespace {

/// Cuts rows [from, end) into runs of consecutive positions of one cache.
void cut(std::span<const StepRow> rows, std::int64_t from, std::vector<Tile>& tiles) {
    tiles.clear();
    for (std::int64_t t = from; t < std::ssize(rows); ++t) {
        const bool follows = t > from && rows[static_cast<std::size_t>(t)].cache == rows[static_cast<std::size_t>(t - 1)].cache;
        if (follows && tiles.back().count < kTile) {
            ++tiles.back().count;
        } else {
            tiles.push_back({t, 1});
        }
    }
}

}  // namespace

Stepper::Stepper(const ModelConfig& config, const DecodeWeights& weights, Precision precision, bool absorbed, const Kernels& kernels,
                 BufferAllocator& allocator, std::int64_t threads)
    : m_config(config),
      m_weights(weights),
      m_precision(precision),
      m_absorbed(absorbed),
      m_kernels(kernels),
      m_allocator(allocator),
      m_rotation(config),
      m_team(std::make_unique<ThreadTeam>(threads)) {
    m_tiles.reserve(kStepRows);
    m_wantedTiles.reserve(kStepRows);
}

void Stepper::reserve(std::int64_t capacity) {
    m_capacity = std::max(m_capacity, capacity);
    m_space.reserve(m_config, m_weights, threads(), m_capacity, m_allocator);
    m_rotation.reserve(m_capacity, m_allocator);
}

void Stepper::setThreads(std::int64_t threads) {
    m_team.reset();  // the old threads are gone before the new ones start
    m_team = std::make_unique<ThreadTeam>(threads);
    m_watch = {};
    m_space.reserve(m_config, m_weights, threads, m_capacity, m_allocator);
}

void Stepper::run(std::span<const StepRow> rows, const StepWish& wish) {
    cut(rows, 0, m_tiles);
    // After the last layer's keys and values nothing is computed for rows whose logits nobody wants.
    const bool watched = wish.capture && wish.capture->value() == m_config.layers - 1;
    const std::int64_t wanted = watched ? 0 : wish.firstLogits;
    cut(rows, wanted, m_wantedTiles);
    const bool watchedTime = rows.size() == 1 && m_team->threads() > 1;
    const bool together = !watchedTime || m_watch.together();
    ThreadTeam& team = together ? *m_team : m_alone;
    StepContext context{m_config, m_weights, m_kernels, m_precision,   m_absorbed, m_rotation,  m_space,
                        team,     rows,      m_tiles,   m_wantedTiles, wanted,     wish.capture};
    struct Job {
        const Stepper& self;
        StepContext& context;
        const StepWish& wish;
    } const job{*this, context, wish};
    const auto start = std::chrono::steady_clock::now();
    team.run([&job](std::int64_t thread) { job.self.work(job.context, job.wish, thread); });
    if (watchedTime) m_watch.took(std::chrono::steady_clock::now() - start, together);
}

void Stepper::work(StepContext& context, const StepWish& wish, std::int64_t thread) const {
    const Worker worker(context, thread);
    const std::int64_t D = m_config.dModel;
    const auto count = static_cast<std::int64_t>(context.rows.size());
    float* stream = context.space.stream.data();
    const ThreadTeam::Range mine = worker.share(count);
    for (std::int64_t t = mine.first; t < mine.last; ++t) {
        const StepRow& row = context.rows[static_cast<std::size_t>(t)];
        m_weights.embed(m_kernels, row.token.value(), D, stream + t * D);
        if (!m_weights.places.empty()) m_kernels.add(stream + t * D, m_weights.places.data() + row.position * D, D);
    }
    worker.meet();
    const bool timed = wish.layerTimes != nullptr && thread == 0;
    for (std::int64_t i = 0; i < m_config.layers; ++i) {
        const auto start = timed ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
        layer(worker, LayerIndex{i}, i + 1 == m_config.layers);
        if (timed) wish.layerTimes[i] += std::chrono::steady_clock::now() - start;
    }
    const std::int64_t wanted = count - wish.firstLogits;
    if (wanted == 0) return;
    const ActivationsView x = worker.input(stream + wish.firstLogits * D, D, D, wanted, &m_weights.norm);
    worker.multiply(m_weights.head, nullptr, x, wanted, wish.logits, m_config.vocab);
}

void Stepper::layer(const Worker& worker, LayerIndex index, bool last) const {
    const LayerWeights& weights = m_weights.layers[index.index()];
    const std::int64_t D = m_config.dModel;
    const std::int64_t first = last ? worker.step().wanted : 0;
    const std::int64_t count = std::ssize(worker.step().rows) - first;
    float* stream = worker.space().stream.data() + first * D;
    const float* attention = worker.space().attention.data() + first * D;
    float* network = worker.space().network.data() + first * D;

    const ThreadTeam::Range looked = attend(worker, weights, index, last);
    if (count == 0) return worker.meet();
    if (!m_config.parallelResidual) worker.add(stream, attention, D, count, looked);
    worker.meet();
    ThreadTeam::Range thought;
    if (weights.experts) {
        thought = experts(worker, weights, stream, count, network);
    } else {
        const ActivationsView x = worker.input(stream, D, D, count, &weights.feedForwardNorm);
        thought = feedForward(worker, weights.dense, x, count, network);
    }
    if (m_config.parallelResidual) worker.add(stream, attention, D, count, looked);
    worker.add(stream, network, D, count, thought);
    worker.meet();
}

}  // namespace loom::decode
