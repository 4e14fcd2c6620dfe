// SPDX-License-Identifier: GPL-3.0-or-later
// Options that say which stories are meant, for the commands that read them.
#pragma once

#include <string>

#include "app/cli/command.h"
#include "core/engine/train/data_set.h"

namespace loom::cli {

inline constexpr const char* kSources =
    "a text file, JSON lines (.jsonl), a folder of both, maker[:COUNT] for stories that the program makes itself, or tinystories[:valid] "
    "where `stories get` has loaded them";

struct DataOptions {
    std::string separator = "auto";
    std::string field;
    double validShare = 0;
    bool keepDuplicates = false;

    /// How a source is read.
    void addReading(CLI::App& command);
    /// That, and how it is divided.
    void add(CLI::App& command);
    /// The source that `text` names, with the options. Throws Error.
    [[nodiscard]] SourceSpec spec(const std::string& text) const;
    [[nodiscard]] DataOrder order(const std::string& text) const;
};

}  // namespace loom::cli
