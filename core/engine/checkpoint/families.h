// SPDX-License-Identifier: GPL-3.0-or-later
// The families of Hugging Face configurations that can be read: one function each, in a file of its own.
#pragma once

#include <cstdint>
#include <optional>

#include "core/data/model_config.h"
#include "core/engine/checkpoint/config_reader.h"

namespace loom {

/// What the transformers configuration class of a family assumes for absent keys.
struct FamilyDefaults {
    std::int64_t context = 2048;
    std::int64_t bosToken = 1;
    std::int64_t eosToken = 2;
};

/// Keys that mean the same in every family. Fills everything but `attention` (of which rope theta, heads and bias are read) and `mlpBias`.
/// Refuses rotary scalings, partial rotation and activations that are not computed, by name.
[[nodiscard]] ModelConfig readCommonConfig(const ConfigReader& reader, Family family, const FamilyDefaults& defaults);

/// config.json of a Llama, checked with checkConfig.
[[nodiscard]] ModelConfig readLlamaConfig(const ConfigReader& reader);
/// config.json of a dense DeepSeek-V3, checked with checkConfig. Refuses mixture-of-experts layers.
[[nodiscard]] ModelConfig readDeepseekV3Config(const ConfigReader& reader);

/// config.json of the program's own folders (model_type "latentloom"), checked with checkConfig.
[[nodiscard]] ModelConfig readLatentLoomConfig(const ConfigReader& reader);

/// Chooses by "model_type"; an unknown family is an Error that lists the known ones.
[[nodiscard]] ModelConfig readFamilyConfig(const ConfigReader& reader);

}  // namespace loom
