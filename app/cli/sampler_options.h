// SPDX-License-Identifier: GPL-3.0-or-later
// The sampler chain on the command line and in JSON.
#pragma once

#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/data/generate.h"

namespace loom::cli {

/// What options with several numbers were given as; empty: not given.
struct SamplerTexts {
    std::string mirostat, dry, xtc, order;
};
/// The options write into `request` and `texts`, which must outlive the command; readSamplers() finishes what they begin.
void addSamplerOptions(CLI::App& command, GenerateRequest& request, SamplerTexts& texts);
/// --beams and what belongs to it; returns --beams.
CLI::Option* addBeamOptions(CLI::App& command, BeamSearch& beams);
/// Throws Error for a text that is no such list of numbers, or an order that names something unknown.
void readSamplers(const SamplerTexts& texts, SamplerSettings& samplers);

/// The stages that are on, in their order, each with its numbers.
[[nodiscard]] nlohmann::ordered_json samplersJson(const SamplerSettings& samplers);

}  // namespace loom::cli
