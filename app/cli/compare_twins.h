// SPDX-License-Identifier: GPL-3.0-or-later
// Several models side by side: the twin form of latentloom-cli compare.
#pragma once

#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/engine/generate/twin_decode.h"

namespace loom::cli {

/// "preset:NAME" is a network of random weights, anything else a checkpoint. `paths`: naive or absorbed for each, or none at all.
[[nodiscard]] std::vector<TwinChoice> twinChoices(const std::vector<std::string>& models, const std::vector<std::string>& paths);

/// Decodes and prints. Returns the exit code.
[[nodiscard]] int compareTwins(const std::vector<TwinChoice>& choices, const TwinRequest& request, const std::string& precision,
                               const Context& context);

}  // namespace loom::cli
