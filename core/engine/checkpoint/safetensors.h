// SPDX-License-Identifier: GPL-3.0-or-later
// The safetensors format: a strict reader over a mapped file, and a writer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/data/dtype.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {

/// A .safetensors file whose header has been checked completely: length, nesting, duplicate keys, dtypes, shapes, sizes,
/// offsets in range, no overlaps and no gaps. Tensor views stay valid while `file` lives.
struct SafetensorsFile {
    std::shared_ptr<const MappedFile> file;
    std::map<std::string, TensorView, std::less<>> tensors;
    std::map<std::string, std::string, std::less<>> metadata;  ///< __metadata__
};

/// Throws Error naming the file and the tensor.
[[nodiscard]] SafetensorsFile readSafetensors(const std::filesystem::path& path);

struct TensorToWrite {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> data;
};
/// Writes atomically (temporary file beside the target, fsync, rename). `__metadata__` always carries "format":"pt".
void writeSafetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                      const std::map<std::string, std::string, std::less<>>& metadata = {});

}  // namespace loom
