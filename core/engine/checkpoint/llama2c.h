// SPDX-License-Identifier: GPL-3.0-or-later
// llama2.c's .bin files, version 0: seven int32, then float tensors in a fixed order.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {

/// Whether the first bytes can be the header of such a file, even of one that is damaged or cut off later.
[[nodiscard]] bool looksLikeLlama2C(std::span<const std::byte> bytes);

/// Throws Error naming the file and the field; the file's size must be exactly what its header asks for.
[[nodiscard]] Checkpoint readLlama2C(std::shared_ptr<const MappedFile> file);

}  // namespace loom
