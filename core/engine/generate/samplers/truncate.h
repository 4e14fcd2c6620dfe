// SPDX-License-Identifier: GPL-3.0-or-later
// Stages that take unlikely tokens away: top-k, top-p, min-p, typical, top-n-sigma. Each keeps at least the token it ranks first.
#pragma once

#include <cstdint>

#include "core/engine/generate/samplers/candidates.h"

namespace loom {

/// The k most likely tokens (Fan, Lewis and Dauphin 2018, arXiv 1805.04833, section 4.3). k ≥ 1.
void keepTopK(Candidates& candidates, std::int64_t k);
/// Nucleus sampling (Holtzman et al. 2019, arXiv 1904.09751, section 3.1): the fewest likely tokens whose probabilities sum to p.
void keepTopP(Candidates& candidates, double p);
/// Min-p (Nguyen et al. 2024, arXiv 2407.01082, section 3): tokens at least p times as likely as the best.
void keepMinP(Candidates& candidates, double p);
/// Locally typical sampling (Meister et al. 2022, arXiv 2202.00666, section 3): tokens in the order of |−ln p(token) − entropy|, until
/// their probabilities sum to `mass`. The likeliest token may go.
void keepTypical(Candidates& candidates, double mass);
/// Top-nσ (Tang et al. 2024, arXiv 2411.07641, equation 3): logits of at least max − n·σ; σ is the standard deviation of the logits of all
/// tokens that are left (divided by their number). No temperature changes what is kept.
void keepTopNSigma(Candidates& candidates, double n);

}  // namespace loom
