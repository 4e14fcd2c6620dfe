// SPDX-License-Identifier: GPL-3.0-or-later
// Writing checkpoint folders that this program, and for its families `transformers`, opens.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/model_config.h"
#include "core/engine/checkpoint/safetensors.h"

namespace loom {

/// Which family's folder can express the configuration: Llama, DeepseekV2 or DeepseekV3, which transformers opens unchanged, else
/// LatentLoom.
[[nodiscard]] Family familyToWrite(const ModelConfig& config);

/// config.json for a network whose weights are stored as `storage`. Throws Error where the family cannot express the configuration.
[[nodiscard]] std::string configText(const ModelConfig& config, DType storage);
/// generation_config.json: the special tokens.
[[nodiscard]] std::string generationConfigText(const ModelConfig& config);

/// model.safetensors from f32 (or f64) tensors under canonical names, rounded to `storage` (F32 or BF16). Appears whole or not at all.
void writeWeights(const std::filesystem::path& folder, const std::vector<TensorToWrite>& tensors, DType storage);

/// Writes a whole folder in the family that familyToWrite names, and returns it: config.json, generation_config.json, model.safetensors.
/// `storage` F32 or BF16; without it every tensor keeps its type. A Llama with interleaved rotation is reordered to half, as transformers
/// has it. Throws Error naming the file.
Family saveCheckpoint(const Checkpoint& checkpoint, const std::filesystem::path& folder, std::optional<DType> storage = std::nullopt);

/// A text file that appears whole or not at all. Throws Error naming it.
void writeTextFile(const std::filesystem::path& path, std::string_view text);
/// Creates a folder and its parents. Throws Error naming it.
void createFolder(const std::filesystem::path& folder);

}  // namespace loom
