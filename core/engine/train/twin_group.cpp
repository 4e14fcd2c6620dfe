// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/twin_group.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"

namespace loom {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kLargestFile = std::size_t{64} << 10;
constexpr std::size_t kMostTwins = 64;
constexpr const char* kFile = "group.json";

bool isPlainName(const std::string& name) {
    return !name.empty() && name.size() <= 200 && name.front() != '.' &&
           name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

}  // namespace

std::string_view name(TwinMatch match) {
    switch (match) {
        case TwinMatch::Nothing: return "nothing";
        case TwinMatch::Parameters: return "parameters";
        case TwinMatch::Flops: return "flops";
    }
    return "?";
}

std::optional<TwinMatch> twinMatchNamed(std::string_view wanted) {
    for (const TwinMatch match : {TwinMatch::Nothing, TwinMatch::Parameters, TwinMatch::Flops})
        if (wanted == name(match)) return match;
    return {};
}

bool isTwinGroup(const std::filesystem::path& folder) { return fileExists(folder / kFile); }

TwinGroup readTwinGroup(const std::filesystem::path& folder) {
    const ConfigReader reader(folder / kFile, kLargestFile);
    reader.requireFormat(kFormat);
    TwinGroup group;
    const auto list = reader.json().find("twins");
    if (list == reader.json().end() || !list->is_array() || list->empty() || list->size() > kMostTwins)
        reader.fail("twins must be a list of 1 to " + std::to_string(kMostTwins) + " folder names");
    for (const nlohmann::json& twin : *list) {
        if (!twin.is_string() || !isPlainName(twin.get<std::string>())) reader.fail("twins holds something that is no folder's name");
        group.twins.push_back(twin.get<std::string>());
        if (std::count(group.twins.begin(), group.twins.end(), group.twins.back()) > 1)
            reader.fail("twins names " + inQuotes(group.twins.back()) + " twice");
    }
    const std::string match = reader.text("match", "parameters");
    const std::optional<TwinMatch> known = twinMatchNamed(match);
    if (!known) reader.fail("match is " + inQuotes(match), "Choose nothing, parameters or flops");
    group.match = *known;
    return group;
}

void writeTwinGroup(const std::filesystem::path& folder, const TwinGroup& group) {
    const nlohmann::ordered_json json{{"format_version", kFormat}, {"twins", group.twins}, {"match", name(group.match)}};
    writeTextFile(folder / kFile, json.dump(2) + "\n");
}

}  // namespace loom
