// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/generate.h"

#include <cmath>

namespace loom {

std::string_view name(StopReason reason) {
    switch (reason) {
        case StopReason::Eos: return "eos";
        case StopReason::MaxTokens: return "max_tokens";
        case StopReason::Context: return "context";
        case StopReason::StopString: return "stop_string";
        case StopReason::Cancelled: return "cancelled";
    }
    return "?";
}

std::optional<std::string> problemWith(const SamplerSettings& s) {
    const auto outside = [](double value, double low, double high) { return !std::isfinite(value) || value < low || value > high; };
    if (outside(s.temperature, 0.0, 100.0)) return "The temperature must be between 0 and 100";
    if (s.topK < 0) return "top-k must be 0 (off) or more";
    if (outside(s.topP, 0.0, 1.0)) return "top-p must be between 0 and 1";
    if (outside(s.minP, 0.0, 1.0)) return "min-p must be between 0 and 1";
    if (outside(s.repetitionPenalty, 0.01, 100.0)) return "The repetition penalty must be between 0.01 and 100";
    return std::nullopt;
}

}  // namespace loom
