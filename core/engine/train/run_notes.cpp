// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/run_notes.h"

#include <nlohmann/json.hpp>

#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/model_notes.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/train/run_list.h"

namespace loom {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kLargestFile = std::size_t{256} << 10;
constexpr const char* kFile = "run_notes.json";

}  // namespace

RunNotes readRunNotes(const std::filesystem::path& run) {
    const std::filesystem::path file = run / kFile;
    if (!fileExists(file)) return {};
    const ConfigReader reader(file, kLargestFile);
    reader.requireFormat(kFormat);
    RunNotes notes{reader.text("name", ""), reader.text("notes", "")};
    if (notes.name.size() > kLongestModelName) reader.fail("name is longer than " + std::to_string(kLongestModelName) + " bytes");
    if (notes.notes.size() > kLongestRunNotes) reader.fail("notes is longer than " + std::to_string(kLongestRunNotes) + " bytes");
    return notes;
}

void writeRunNotes(const std::filesystem::path& run, const RunNotes& notes) {
    const nlohmann::ordered_json json{{"format_version", kFormat}, {"name", notes.name}, {"notes", notes.notes}};
    writeTextFile(run / kFile, json.dump(2) + "\n");
}

}  // namespace loom
