// SPDX-License-Identifier: GPL-3.0-or-later
// The Session that writes through the reference network.
#pragma once

#include <memory>

#include "core/engine/api/engine.h"

namespace loom {

/// Takes an empty sequence of `network` that decodes on `path`.
[[nodiscard]] std::unique_ptr<Session> makeWriterSession(std::shared_ptr<const OpenModel> model, std::shared_ptr<ReferenceModel> network,
                                                         std::unique_ptr<ReferenceSequence> sequence, MlaPath path);

}  // namespace loom
