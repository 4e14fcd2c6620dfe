// SPDX-License-Identifier: GPL-3.0-or-later
// Looks: what TorchInspector is made of, a file each. The text is tokens [1, T], checked, on the network's device.
#pragma once

#include <stop_token>
#include <vector>

#include "core/data/inspection.h"
#include "core/lab/reference_sequence.h"

namespace loom::lab {

[[nodiscard]] ScoreParts scoreParts(const Network& network, const Tensor& tokens, LayerIndex layer, const std::stop_token& stop);
[[nodiscard]] KeptRows keptRows(const Network& network, const Tensor& tokens, LayerIndex layer, const std::stop_token& stop);
[[nodiscard]] LayerSpectra layerSpectra(const Network& network, const Tensor& tokens, LayerIndex layer, const std::stop_token& stop);
[[nodiscard]] Reconstruction reconstructionOf(const Network& network, const Tensor& tokens, LayerIndex layer,
                                              const std::vector<std::int64_t>& ranks, const std::stop_token& stop);
[[nodiscard]] LogitLens logitLens(const Network& network, const Tensor& tokens, std::int64_t top, const std::stop_token& stop);
[[nodiscard]] Ablation ablationOf(const Network& network, const Tensor& tokens, const AblationRequest& request,
                                  const std::stop_token& stop);

}  // namespace loom::lab
