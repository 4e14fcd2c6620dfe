// SPDX-License-Identifier: GPL-3.0-or-later
// From a question about the inside of a network to its answer.
#pragma once

#include <stop_token>

#include "core/data/look.h"
#include "core/engine/api/engine.h"

namespace loom::session {

/// Asks the reference network. Throws Error, also where the question makes no sense for this network; "Cancelled" after a stop.
[[nodiscard]] LookAnswer answerLook(ReferenceModel& network, const OpenModel& model, const TokenIds& tokens, const LookQuestion& question,
                                    const std::stop_token& stop);

}  // namespace loom::session
