// SPDX-License-Identifier: GPL-3.0-or-later
// Presets: networks known by name, as plain values. Nothing is read from files: their sizes are what papers and published
// configurations say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/error.h"
#include "core/data/model_config.h"

namespace loom {

struct Preset {
    std::string name;         ///< "deepseek-v3"; lower case
    std::string description;  ///< one line
    std::string source;       ///< where the sizes come from
    ModelConfig config;       ///< exact: its parameters are those of the published network
    /// What the source itself prints, in MB per token at 16 bits. Shown beside the formula, never instead of it: the two disagree.
    std::optional<double> reportedMegabytes = {};
    [[nodiscard]] std::int64_t parameters() const { return countParameters(config).total; }
};

/// All presets, in the order they are listed: forms, the paper's sizes, published networks, the program's own.
[[nodiscard]] const std::vector<Preset>& presets();
/// By name, whatever its case. Throws Error naming the nearest names.
[[nodiscard]] const Preset& presetNamed(std::string_view name);

}  // namespace loom
