// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli stories get: downloads stories, by name or from any address.
#pragma once

#include <string>

#include "app/cli/command.h"

namespace loom::cli {

struct GetOptions {
    std::string what = "tinystories";
    std::string part = "train";
    std::string out, mirror, sha256;
    bool list = false;
};

[[nodiscard]] CLI::App* addStoriesGet(CLI::App& stories, GetOptions& options, Context& context);
[[nodiscard]] int getStories(const GetOptions& options, const Context& context);

}  // namespace loom::cli
