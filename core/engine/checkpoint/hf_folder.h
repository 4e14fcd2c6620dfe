// SPDX-License-Identifier: GPL-3.0-or-later
// Hugging Face folders: config.json beside safetensors.
#pragma once

#include <filesystem>

#include "core/engine/checkpoint/checkpoint.h"

namespace loom {

/// Reads config.json, generation_config.json (if there) and the weights: `only` if not empty, else whatever the folder holds.
[[nodiscard]] Checkpoint readHfFolder(const std::filesystem::path& folder, const std::filesystem::path& only = {});

}  // namespace loom
