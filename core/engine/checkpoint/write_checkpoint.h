// SPDX-License-Identifier: GPL-3.0-or-later
// Writing checkpoint folders that this program, and for its families `transformers`, opens.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/model_config.h"
#include "core/engine/checkpoint/safetensors.h"

namespace loom {

/// config.json for a network whose weights are stored as `storage`. Throws Error where the family cannot express the configuration.
[[nodiscard]] std::string configText(const ModelConfig& config, DType storage);
/// generation_config.json: the special tokens.
[[nodiscard]] std::string generationConfigText(const ModelConfig& config);

/// model.safetensors from f32 (or f64) tensors under canonical names, rounded to `storage` (F32 or BF16). Appears whole or not at all.
void writeWeights(const std::filesystem::path& folder, const std::vector<TensorToWrite>& tensors, DType storage);

/// A text file that appears whole or not at all. Throws Error naming it.
void writeTextFile(const std::filesystem::path& path, std::string_view text);
/// Creates a folder and its parents. Throws Error naming it.
void createFolder(const std::filesystem::path& folder);

}  // namespace loom
