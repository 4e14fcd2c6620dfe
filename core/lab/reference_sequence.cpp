// SPDX-License-Identifier: GPL-3.0-or-later
// TorchSequence: one story's cache and the network that fills it.
#include "core/lab/reference_sequence.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

#include "core/lab/device/device.h"
#include "core/lab/device/tracked_allocator.h"
#include "core/lab/inspect/attention_capture.h"
#include "core/lab/torch_guard.h"

namespace loom::lab {

Tensor tokenTensor(std::span<const TokenId> tokens, std::int64_t batch, const LanguageModel& model) {
    const std::int64_t V = model.config().vocab;
    const auto count = static_cast<std::int64_t>(tokens.size());
    const Tensor ids = at::empty({batch, count / batch}, at::kLong);  // [B, T]
    std::int64_t* out = ids.mutable_data_ptr<std::int64_t>();
    for (const TokenId token : tokens) {
        if (token.value() < 0 || token.value() >= V) {
            throw Error{"Token " + std::to_string(token.value()) + " is not in the vocabulary of " + std::to_string(V),
                        {},
                        "Ids run from 0 to " + std::to_string(V - 1)};
        }
        *out++ = token.value();
    }
    return ids.to(model.type().device());
}

void checkContext(std::int64_t length, const ModelConfig& config) {
    if (length <= config.context) return;
    throw Error{
        "The text of " + std::to_string(length) + " tokens is longer than the network's context of " + std::to_string(config.context),
        {},
        "Use a shorter text"};
}

void checkLayer(LayerIndex layer, const ModelConfig& config) {
    if (layer.value() >= 0 && layer.value() < config.layers) return;
    throw Error{"There is no layer " + std::to_string(layer.value()), {}, "Layers run from 0 to " + std::to_string(config.layers - 1)};
}

TorchSequence::TorchSequence(std::shared_ptr<Network> network, std::int64_t capacity, MlaPath path, DType cacheType)
    : m_network(std::move(network)),
      m_model(m_network->on(path)),
      m_cache(cacheSpec(m_network->config, path, cacheType), capacity, *m_network->allocator) {}

Result<void> TorchSequence::forward(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out) {
    return torchGuarded(m_network->threads, [&] { out = run(tokens, options); });
}

ForwardOutput TorchSequence::run(std::span<const TokenId> tokens, const ForwardOptions& options) {
    const auto T = static_cast<std::int64_t>(tokens.size());
    if (T == 0) throw Error{"There are no tokens to compute", {}, {}};
    if (options.capture) checkLayer(*options.capture, m_network->config);
    if (T > m_cache.capacity() - m_cache.length()) {
        throw Error{"The cache is full: it holds " + std::to_string(m_cache.length()) + " of " + std::to_string(m_cache.capacity()) +
                        " positions and " + std::to_string(T) + " more were asked for",
                    {},
                    "Make room first, or start a new sequence"};
    }
    checkContext(m_cache.length() + T, m_network->config);

    ForwardOutput played;
    if (runStatic(tokens, options, played)) return played;
    const std::int64_t kept = m_cache.length();
    const std::int64_t start = firstToCompute(kept + T);
    const std::int64_t again = kept - start;
    TokenIds all = again > 0 ? m_tokens : TokenIds{};
    all.insert(all.end(), tokens.begin(), tokens.end());
    m_stale = m_stale || again > 0;
    CountTensors counted(*m_network->account, MemoryKind::Activations);
    const CountDevice onDevice(*m_network->account, MemoryKind::Activations, m_model.type().device());
    CachedPast past(m_cache, m_model.type(), start);
    ForwardOutput output;
    Watch watch{options.capture, false, {}, options.layerTimes ? &output.layerTimes : nullptr};
    const Tensor hidden = m_model.hidden(tokenTensor(all, 1, m_model), past, watch, {}).narrow(1, again, T);  // [1, T, D]
    const Tensor wanted = options.allLogits ? hidden[0] : hidden[0].narrow(0, T - 1, 1);                      // [T or 1, D]

    output.logits = floats(m_model.logits(wanted));
    if (options.norms) output.norms = norms(T);
    if (options.capture) output.attention = attentionRows(*options.capture, watch.attention.narrow(2, again, T));
    if (options.memory && m_model.type().device().is_cpu()) {
        const Allocations& a = counted.allocations();
        output.memory = StepMemory{a.total, a.peak, a.largest};
    }
    if (m_model.config().attention.ropeScaling.kind == RopeScalingKind::Dynamic) {
        m_tokens.insert(m_tokens.end(), tokens.begin(), tokens.end());
    }
    past.commit(again + T);  // last: whatever failed above has left the sequence as it was
    m_stale = false;
    m_rotatedFor = kept + T;
    return output;
}

bool TorchSequence::runStatic(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& output) {
    if (tokens.size() != 1 || !m_model.type().device().is_cuda() || options.capture || options.layerTimes) return false;
    if (!StaticStep::possible(m_model.config(), m_cache, m_network->compute())) return false;
    (void)tokenTensor(tokens, 1, m_model);  // refuses an id outside the vocabulary
    if (!m_static) m_static = std::make_unique<StaticStep>(m_model, m_cache);
    output.logits = floats(m_static->run(tokens.front()));
    if (options.norms) output.norms = norms(1);
    m_cache.setLength(m_cache.length() + 1);
    m_rotatedFor = m_cache.length();
    return true;
}

std::int64_t TorchSequence::firstToCompute(std::int64_t newLength) const {
    const std::int64_t kept = m_cache.length();
    const bool same = sameRotation(m_network->config.attention.ropeScaling, m_rotatedFor, newLength);
    return same && !m_stale ? kept : 0;
}

std::vector<float> TorchSequence::norms(std::int64_t newRows) {
    std::vector<Tensor> perLane;
    for (std::int64_t layer = 0; layer < m_cache.spec().layers; ++layer) {
        for (std::size_t lane = 0; lane < m_cache.spec().lanes.size(); ++lane) {
            const Tensor rows = readRows(m_cache, LayerIndex{layer}, lane, m_cache.length(), newRows, m_model.type());
            perLane.push_back(at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}));  // [T]
        }
    }
    return floats(at::stack(perLane, 1));  // [T, L·lanes]
}

Result<void> TorchSequence::truncate(std::int64_t length) {
    return guarded([&] {
        if (length < 0 || length > m_cache.length()) {
            throw Error{
                "A sequence of " + std::to_string(m_cache.length()) + " positions cannot be cut to " + std::to_string(length), {}, {}};
        }
        m_cache.setLength(length);
        m_tokens.resize(std::min(m_tokens.size(), static_cast<std::size_t>(length)), TokenId{0});
    });
}

Result<void> TorchSequence::pretend(std::int64_t length) {
    return guarded([&] { m_cache.setLength(length); });
}

Result<void> TorchSequence::reserve(std::int64_t capacity) {
    return torchGuarded(m_network->threads, [&] {
        if (capacity > m_cache.capacity()) m_static.reset();  // the memory moves
        m_cache.reserve(capacity);
    });
}

}  // namespace loom::lab
