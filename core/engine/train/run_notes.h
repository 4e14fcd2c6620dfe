// SPDX-License-Identifier: GPL-3.0-or-later
// run_notes.json: what a person says of a run. Beside run.json, which is never changed once a run has begun.
#pragma once

#include <filesystem>
#include <string>

namespace loom {

struct RunNotes {
    std::string name;  ///< empty = the configuration's
    std::string notes;
};

/// Empty where there is no file. Throws Error naming a file that cannot be read.
[[nodiscard]] RunNotes readRunNotes(const std::filesystem::path& run);
/// Throws Error naming the file.
void writeRunNotes(const std::filesystem::path& run, const RunNotes& notes);

}  // namespace loom
