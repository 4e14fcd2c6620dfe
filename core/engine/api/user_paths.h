// SPDX-License-Identifier: GPL-3.0-or-later
// Where a person's files lie, as the XDG base directory specification says.
#pragma once

#include <filesystem>

namespace loom {

struct UserPaths {
    std::filesystem::path settings;  ///< $XDG_CONFIG_HOME/latentloom
    std::filesystem::path data;      ///< $XDG_DATA_HOME/latentloom: what cannot be made again
    std::filesystem::path runs;      ///< training runs, below data
    std::filesystem::path stories;   ///< downloaded ones, below data
    std::filesystem::path cache;     ///< $LATENTLOOM_CACHE, or $XDG_CACHE_HOME/latentloom: can be removed at any time
    std::filesystem::path tokens;    ///< encoded stories, below cache
};
/// Nothing is made. Relative values of the variables are ignored, as the specification asks; without a home directory paths begin with
/// the system's temporary folder.
[[nodiscard]] UserPaths userPaths();

}  // namespace loom
