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

std::optional<std::string> problemWith(const BeamSearch& beams) {
    if (beams.width < 1 || beams.width > kWidestBeam)
        return "Beam search follows between 1 (off) and " + std::to_string(kWidestBeam) + " beginnings";
    if (!std::isfinite(beams.lengthPenalty) || std::abs(beams.lengthPenalty) > 10) return "The length penalty must be between -10 and 10";
    return std::nullopt;
}

}  // namespace loom
