// SPDX-License-Identifier: GPL-3.0-or-later
// The Session that writes, whatever computes its network.
#pragma once

#include <memory>

#include "core/engine/api/engine.h"
#include "core/engine/generate/guesser.h"

namespace loom {

/// Takes an empty sequence of `network`, which decodes on `path`, and who guesses ahead where a request asks for it.
[[nodiscard]] std::unique_ptr<Session> makeWriterSession(std::shared_ptr<const OpenModel> model, std::shared_ptr<const Network> network,
                                                         std::unique_ptr<Sequence> sequence, MlaPath path,
                                                         std::unique_ptr<Guesser> guesser);

}  // namespace loom
