// SPDX-License-Identifier: GPL-3.0-or-later
// What LatentLoom's own files beside a checkpoint say about it: latentloom.json (its name and twin) and training.json (its card).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/data/model_summary.h"

namespace loom {

struct ModelNotes {
    std::string name;                       ///< empty = it has none of its own
    std::optional<TwinSummary> twin;        ///< none where no twin is named or its folder is not there
    std::shared_ptr<const ModelCard> card;  ///< null without a training.json that can be read
    std::string problem;                    ///< why card or twin cannot be used, as sentences; empty = nothing is wrong
};

inline constexpr std::size_t kLongestModelName = 200;  ///< bytes
/// Whether this may stand as "twin": a sibling or a folder below, such as "../demo-mha". What comes with a download must not point
/// elsewhere on the disk.
[[nodiscard]] bool isTwinPath(const std::string& text);

/// Notes about the checkpoint at `path`; a file that is no folder has none. Headers only. A card or a twin that cannot be read is a
/// `problem`; a latentloom.json that cannot be read, or of another format, is an Error that names it.
[[nodiscard]] ModelNotes readModelNotes(const std::filesystem::path& path);

}  // namespace loom
