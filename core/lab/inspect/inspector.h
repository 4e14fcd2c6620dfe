// SPDX-License-Identifier: GPL-3.0-or-later
// TorchInspector: the doors of core/lab/inspect. Each call checks its text, reads it and hands out plain values.
#pragma once

#include <memory>

#include "core/engine/api/inspector.h"
#include "core/lab/reference_sequence.h"

namespace loom::lab {

class TorchInspector final : public Inspector {
public:
    explicit TorchInspector(std::shared_ptr<const Network> network) : m_network(std::move(network)) {}

    [[nodiscard]] Result<ScoreParts> scores(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const override;
    [[nodiscard]] Result<KeptRows> kept(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const override;
    [[nodiscard]] Result<LayerSpectra> spectra(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const override;
    [[nodiscard]] Result<Reconstruction> reconstruction(std::span<const TokenId> tokens, LayerIndex layer,
                                                        const std::vector<std::int64_t>& ranks, std::stop_token stop) const override;
    [[nodiscard]] Result<LogitLens> lens(std::span<const TokenId> tokens, std::int64_t top, std::stop_token stop) const override;
    [[nodiscard]] Result<Ablation> ablation(std::span<const TokenId> tokens, const AblationRequest& request,
                                            std::stop_token stop) const override;

private:
    /// Runs `body(tokens as a tensor [1, T])` as every call does: checked, guarded, counted.
    template <class Body>
    [[nodiscard]] auto look(std::span<const TokenId> tokens, Body&& body) const;
    [[nodiscard]] const ModelConfig& config() const { return m_network->config; }

    std::shared_ptr<const Network> m_network;
};

}  // namespace loom::lab
