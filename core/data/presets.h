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
    /// Shapes of attention, layers and vocabulary, exact. With `documentedParameters` the feed-forward networks are those of the dense
    /// layers only, or a bias is missing: what a cache holds never depends on them.
    ModelConfig config;
    std::optional<std::int64_t> documentedParameters = {};  ///< all weights, where `config` cannot count them
    /// What the source itself prints, in MB per token at 16 bits. Shown beside the formula, never instead of it: the two disagree.
    std::optional<double> reportedMegabytes = {};
    /// Of all weights: documented, or counted from the shapes.
    [[nodiscard]] std::int64_t parameters() const { return documentedParameters.value_or(countParameters(config).total); }
};

/// All presets, in the order they are listed: forms, the paper's sizes, published networks, the program's own.
[[nodiscard]] const std::vector<Preset>& presets();
/// By name, whatever its case. Throws Error naming the nearest names.
[[nodiscard]] const Preset& presetNamed(std::string_view name);

}  // namespace loom
