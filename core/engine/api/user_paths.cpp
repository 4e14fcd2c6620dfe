// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/api/user_paths.h"

#include <cstdlib>
#include <optional>

namespace loom {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> absoluteFrom(const char* variable) {
    const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
    if (value == nullptr || value[0] != '/') return std::nullopt;
    return fs::path(value);
}

}  // namespace

UserPaths userPaths() {
    std::error_code ignored;
    const fs::path home = absoluteFrom("HOME").value_or(fs::temp_directory_path(ignored));
    const auto below = [&home](const char* variable, const char* usual) {
        return absoluteFrom(variable).value_or(home / usual) / "latentloom";
    };
    UserPaths paths;
    paths.settings = below("XDG_CONFIG_HOME", ".config");
    paths.data = below("XDG_DATA_HOME", ".local/share");
    paths.runs = paths.data / "runs";
    paths.stories = paths.data / "stories";
    paths.cache = absoluteFrom("LATENTLOOM_CACHE").value_or(below("XDG_CACHE_HOME", ".cache"));
    paths.tokens = paths.cache / "tokens";
    return paths;
}

}  // namespace loom
