// SPDX-License-Identifier: GPL-3.0-or-later
// The reference path as a Network that writes.
#pragma once

#include <memory>
#include <string>

#include "core/engine/api/network.h"

namespace loom {

/// `why`: why the fast path is not used, where it was wanted; may be empty.
[[nodiscard]] std::shared_ptr<const Network> referenceNetwork(std::shared_ptr<ReferenceModel> model, const NetworkOptions& options,
                                                              std::string why);

/// "fast", "fast-absorbed" or "fast-naive", likewise "reference…": the name of a path for people and files.
[[nodiscard]] std::string pathName(const char* whose, const ModelConfig& config, MlaPath path);

}  // namespace loom
