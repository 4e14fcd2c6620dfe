// SPDX-License-Identifier: GPL-3.0-or-later
// Mirostat v2 (Basu et al. 2020, arXiv 2007.14966, algorithm 2): holds the surprise of the text near a target.
#pragma once

#include "core/engine/generate/samplers/candidates.h"

namespace loom {

/// Keeps the tokens whose surprise −log2 p is at most `mu` bits; the best stays in any case.
void keepUnsurprising(Candidates& candidates, double mu);
/// Where `mu` goes when a token of `probability`, among those that were kept, was drawn: mu − eta · (−log2 probability − tau).
[[nodiscard]] double nextMirostatMu(double mu, double tau, double eta, double probability);

}  // namespace loom
