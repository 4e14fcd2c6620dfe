// SPDX-License-Identifier: GPL-3.0-or-later
// TextRun: a text read by a network as far as somebody wants to look, and the checks that come before.
#pragma once

#include <array>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/lab/model/language_model.h"

namespace loom::lab {

/// Throws Error where a·b·c elements are more than any result may have. All are positive.
void checkElements(std::int64_t a, std::int64_t b, std::int64_t c, const std::string& what);
/// T of `batch` texts of equal length that are not empty and no longer than the context. Throws Error.
[[nodiscard]] std::int64_t textLength(std::span<const TokenId> tokens, std::int64_t batch, const ModelConfig& config);

/// The residual stream before layer `layer` (which may be L: after all blocks): tokens [1, T] → [1, T, D].
[[nodiscard]] Tensor streamBefore(const LanguageModel& model, const Tensor& tokens, std::int64_t layer, const std::stop_token& stop);
/// What one layer keeps, a tensor per lane: [T, width].
[[nodiscard]] std::array<Tensor, 2> keptBy(const LanguageModel& model, const Tensor& tokens, LayerIndex layer, const std::stop_token& stop);

}  // namespace loom::lab
