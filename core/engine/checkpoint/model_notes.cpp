// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/checkpoint/model_notes.h"

#include <algorithm>
#include <system_error>

#include "core/data/error.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/model_card.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kLargestFile = std::size_t{64} << 10;

struct OwnFile {
    std::string name;
    fs::path twin;  ///< relative; empty = none
};

fs::path plainPath(const ConfigReader& reader) {
    const std::string text = reader.text("twin");
    if (!isTwinPath(text)) reader.fail("twin must name a folder beside this one, such as ../demo-mha");
    return fs::path(text).lexically_normal();
}

OwnFile readOwnFile(const fs::path& folder) {
    const fs::path file = folder / "latentloom.json";
    if (!fileExists(file)) return {};
    const ConfigReader reader(file, kLargestFile);
    reader.requireFormat(kFormat);
    OwnFile own;
    if (reader.has("name")) own.name = reader.text("name");
    if (own.name.size() > kLongestModelName) reader.fail("name is longer than " + std::to_string(kLongestModelName) + " bytes");
    if (reader.has("twin")) own.twin = plainPath(reader);
    return own;
}

TwinSummary readTwin(const fs::path& folder) {
    const Checkpoint checkpoint = readCheckpoint(folder);
    const std::string name = readOwnFile(folder).name;
    return {name.empty() ? pathText(folder.filename()) : name, pathText(folder), checkpoint.config};
}

void addProblem(ModelNotes& notes, const std::string& about, const Error& error) {
    notes.problem += (notes.problem.empty() ? "" : " ") + about + ": " + error.message() + ".";
}

}  // namespace

bool isTwinPath(const std::string& text) {
    const fs::path path = fs::path(text).lexically_normal();
    const auto climbs = std::count(path.begin(), path.end(), "..");
    const bool onlyAtStart = climbs == 0 || *path.begin() == "..";
    const bool control = std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return !text.empty() && !path.is_absolute() && climbs <= 1 && onlyAtStart && !control && text.size() <= 1000;
}

ModelNotes readModelNotes(const fs::path& path) {
    ModelNotes notes;
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) return notes;
    const OwnFile own = readOwnFile(path);
    notes.name = own.name;
    if (!own.twin.empty()) {
        fs::path folder = (path / own.twin).lexically_normal();
        if (!folder.has_filename()) folder = folder.parent_path();
        if (fs::is_directory(folder, ignored) && !fs::equivalent(folder, path, ignored)) {
            if (auto twin = guarded([&] { return readTwin(folder); }))
                notes.twin = std::move(*twin);
            else
                addProblem(notes, "The twin cannot be used", twin.error());
        }
    }
    if (const fs::path file = path / "training.json"; fileExists(file)) {
        if (auto card = guarded([&] { return readModelCard(file); }))
            notes.card = std::make_shared<const ModelCard>(std::move(*card));
        else
            addProblem(notes, "The model card cannot be read", card.error());
    }
    return notes;
}

}  // namespace loom
