// SPDX-License-Identifier: GPL-3.0-or-later
// What a person changes about a run: its name, its notes, and whether it is there.
#include <algorithm>
#include <cctype>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/model_notes.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/run_list.h"
#include "core/engine/train/run_notes.h"
#include "core/engine/train/twin_group.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestFolder = 80;  ///< bytes of the name that a run asks for

constexpr std::size_t kLargestOwnFile = std::size_t{4} << 20;

void requireRun(const fs::path& run) {
    if (!isRun(run)) throw Error{"There is no training run", pathText(run), "Give a folder that holds run.json"};
}

void requireText(const std::string& text, std::size_t longest, const char* what) {
    if (firstInvalidUtf8(text)) throw Error{std::string("The ") + what + " is not UTF-8", {}, "Write it in UTF-8"};
    if (text.size() > longest)
        throw Error{std::string("The ") + what + " is longer than " + std::to_string(longest) + " bytes", {}, "Shorten it"};
}

/// Sets a text in a JSON file of ours; a file that is not there stays so.
void setText(const fs::path& file, const char* key, const std::string& value) {
    if (!fileExists(file)) return;
    const std::string text = readTextFile(file, kLargestOwnFile);
    (void)parseJson(text, pathText(file));
    auto json = nlohmann::ordered_json::parse(text);
    if (!json.is_object())
        throw Error{"The file holds no JSON object", pathText(file), "Remove it, then resume the run to have it written again"};
    json[key] = value;
    writeTextFile(file, json.dump(2) + "\n");
}

/// A name in `folder` that is free.
fs::path freeName(const fs::path& folder, const fs::path& name) {
    for (int number = 1;; ++number) {
        fs::path path = folder / name;
        if (number > 1) path += " " + std::to_string(number);
        if (!fileExists(path) && !fs::is_symlink(path)) return path;
    }
}

fs::path moveInto(const fs::path& trash, const fs::path& folder, const fs::path& name) {
    createFolder(trash);
    const fs::path to = freeName(trash, name);
    std::error_code code;
    fs::rename(folder, to, code);
    if (code) throw Error{"The run cannot be moved to the trash: " + code.message(), pathText(folder), "Check the folder's permissions"};
    return to;
}

}  // namespace

fs::path freeRunFolder(const fs::path& runs, const std::string& name) {
    std::string plain;
    for (const char c : beginningOfUtf8(name, kLongestFolder)) {
        const auto byte = static_cast<unsigned char>(c);
        const bool kept = byte >= 0x80 || std::isalnum(byte) != 0 || c == '-' || c == '_' || c == ' ';
        plain += kept ? c : '-';
    }
    while (!plain.empty() && plain.back() == ' ') plain.pop_back();
    return freeName(runs, plain.empty() ? fs::path("run") : fs::path(std::u8string(plain.begin(), plain.end())));
}

void renameRun(const fs::path& run, const std::string& name) {
    requireRun(run);
    requireText(name, kLongestModelName, "name");
    if (std::all_of(name.begin(), name.end(), [](char c) { return c == ' '; })) throw Error{"The name is empty", {}, "Give one"};
    if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
        throw Error{"The name holds a line break or another control character", {}, "Leave it out"};
    RunNotes notes = readRunNotes(run);
    notes.name = name;
    writeRunNotes(run, notes);
    setText(run / "latentloom.json", "name", name);
    setText(run / "training.json", "title", name);
    setText(run / "best" / "latentloom.json", "name", name + kBestSuffix);
}

void setRunNotes(const fs::path& run, const std::string& notes) {
    requireRun(run);
    requireText(notes, kLongestRunNotes, "text");
    RunNotes changed = readRunNotes(run);
    changed.notes = notes;
    writeRunNotes(run, changed);
}

fs::path moveRunToTrash(const fs::path& given) {
    requireRun(given);
    fs::path run = fs::absolute(given).lexically_normal();
    if (!run.has_filename()) run = run.parent_path();
    const auto lock = lockRun(run);
    const fs::path parent = run.parent_path();
    if (!isTwinGroup(parent)) return moveInto(parent / ".trash", run, run.filename());
    const fs::path trash = parent.parent_path() / ".trash";
    const fs::path name = parent.filename().native() + " – " + run.filename().native();
    const fs::path to = moveInto(trash, run, name);
    std::error_code code;
    for (fs::directory_iterator entry(parent, code), end; !code && entry != end; entry.increment(code)) {
        if (isRun(entry->path())) return to;
    }
    (void)moveInto(trash, parent, parent.filename());
    return to;
}

}  // namespace loom
