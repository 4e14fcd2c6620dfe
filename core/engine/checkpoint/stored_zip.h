// SPDX-License-Identifier: GPL-3.0-or-later
// Zip archives whose entries are stored, not compressed, as torch.save writes them: the entries as views into the mapped file.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "core/engine/checkpoint/mapped_file.h"

namespace loom {

/// By name. Zip64 is understood. Throws Error naming the file and the entry: compressed or encrypted entries, names that stand twice,
/// places outside the file, a directory that is cut off. Views stay valid while the file lives.
[[nodiscard]] std::map<std::string, std::span<const std::byte>, std::less<>> readStoredZip(const MappedFile& file);

}  // namespace loom
