// SPDX-License-Identifier: GPL-3.0-or-later
// TorchInspector: the doors of core/lab/inspect.
#include "core/lab/inspect/inspector.h"

#include <utility>

#include "core/lab/device/tracked_allocator.h"
#include "core/lab/inspect/looks.h"
#include "core/lab/inspect/text_run.h"
#include "core/lab/torch_guard.h"

namespace loom::lab {

template <class Body>
auto TorchInspector::look(std::span<const TokenId> tokens, Body&& body) const {
    return torchGuarded(m_network->threads, [&] {
        const std::int64_t T = textLength(tokens, 1, config());
        checkElements(config().attention.heads, T, T, "The attention weights");
        CountTensors counted(*m_network->account, MemoryKind::Other);
        return body(tokenTensor(tokens, 1, *m_network->naive));
    });
}

Result<ScoreParts> TorchInspector::scores(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const {
    return look(tokens, [&](const Tensor& text) {
        checkLayer(layer, config());
        return scoreParts(*m_network, text, layer, stop);
    });
}

Result<KeptRows> TorchInspector::kept(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const {
    return look(tokens, [&](const Tensor& text) {
        checkLayer(layer, config());
        return keptRows(*m_network, text, layer, stop);
    });
}

Result<LayerSpectra> TorchInspector::spectra(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const {
    return look(tokens, [&](const Tensor& text) {
        checkLayer(layer, config());
        return layerSpectra(*m_network, text, layer, stop);
    });
}

Result<Reconstruction> TorchInspector::reconstruction(std::span<const TokenId> tokens, LayerIndex layer,
                                                      const std::vector<std::int64_t>& ranks, std::stop_token stop) const {
    return look(tokens, [&](const Tensor& text) {
        checkLayer(layer, config());
        return reconstructionOf(*m_network, text, layer, ranks, stop);
    });
}

Result<LogitLens> TorchInspector::lens(std::span<const TokenId> tokens, std::int64_t top, std::stop_token stop) const {
    return look(tokens, [&](const Tensor& text) { return logitLens(*m_network, text, top, stop); });
}

Result<Ablation> TorchInspector::ablation(std::span<const TokenId> tokens, const AblationRequest& request, std::stop_token stop) const {
    return look(tokens, [&](const Tensor& text) {
        for (const LayerIndex layer : request.layers) checkLayer(layer, config());
        for (const HeadPlace& place : request.heads) {
            checkLayer(place.layer, config());
            if (place.head.value() >= 0 && place.head.value() < config().attention.heads) continue;
            throw Error{"There is no head " + std::to_string(place.head.value()),
                        {},
                        "Heads run from 0 to " + std::to_string(config().attention.heads - 1)};
        }
        return ablationOf(*m_network, text, request, stop);
    });
}

}  // namespace loom::lab
