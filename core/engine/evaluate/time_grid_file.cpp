// SPDX-License-Identifier: GPL-3.0-or-later
// The file in which measured times are remembered: format_version 1, one grid.
#include <cmath>
#include <fstream>
#include <iterator>
#include <span>

#include "core/engine/checkpoint/atomic_file.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/evaluate/decode_times.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kMostCells = 10'000;
constexpr std::size_t kLargestFile = 4 << 20;

fs::path fileOf(const fs::path& folder, const std::string& key) { return folder / ("times-" + key + ".json"); }

std::optional<StepTime> cellFrom(const Json& value) {
    if (value.is_null()) return std::nullopt;
    StepTime time{value.at(0).get<double>(), value.at(1).get<double>(), value.at(2).get<double>(), value.at(3).get<std::int64_t>()};
    const bool sound = time.least > 0 && time.least <= time.median && time.median <= time.most && std::isfinite(time.most);
    if (!sound) throw Error{"A time that is none", {}, {}};
    return time;
}

TimeGrid gridFrom(const Json& json) {
    if (json.at("format_version") != kVersion) throw Error{"Another format", {}, {}};
    TimeGrid grid{json.at("contexts").get<std::vector<std::int64_t>>(),
                  json.at("batches").get<std::vector<std::int64_t>>(),
                  {},
                  json.at("machine").get<std::string>()};
    const std::size_t cells = grid.contexts.size() * grid.batches.size();
    if (cells == 0 || grid.contexts.size() > kMostCells || grid.batches.size() > kMostCells || cells > kMostCells) {
        throw Error{"No grid of a usual size", {}, {}};
    }
    for (const Json& each : json.at("rows")) {
        TimeRow row{each.at("name").get<std::string>(), each.at("latent").get<bool>() ? CacheForm::Latent : CacheForm::Full,
                    each.at("naive").get<bool>()};
        for (const Json& cell : each.at("seconds")) row.cells.push_back(cellFrom(cell));
        if (row.cells.size() != cells) throw Error{"A row of another length", {}, {}};
        grid.rows.push_back(std::move(row));
    }
    return grid;
}

}  // namespace

std::optional<TimeGrid> readTimeGrid(const fs::path& folder, const std::string& key) {
    const fs::path path = fileOf(folder, key);
    std::error_code problem;
    const auto size = fs::file_size(path, problem);
    if (problem || size > kLargestFile) return std::nullopt;
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    // What can be measured again is no reason to complain.
    auto grid = guarded([&] { return gridFrom(parseJson(text, path.string())); });
    return grid ? std::optional(std::move(*grid)) : std::nullopt;
}

void writeTimeGrid(const fs::path& folder, const std::string& key, const TimeGrid& grid) {
    Json rows = Json::array();
    for (const TimeRow& row : grid.rows) {
        Json cells = Json::array();
        for (const auto& cell : row.cells) {
            cells.push_back(cell ? Json{cell->median, cell->least, cell->most, cell->repeats} : Json(nullptr));
        }
        rows.push_back(
            {{"name", row.name}, {"latent", row.form == CacheForm::Latent}, {"naive", row.naive}, {"seconds", std::move(cells)}});
    }
    const Json json{{"format_version", kVersion},
                    {"machine", grid.machine},
                    {"contexts", grid.contexts},
                    {"batches", grid.batches},
                    {"rows", std::move(rows)}};
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem)
        throw Error{"The folder for measured times cannot be made: " + problem.message(), folder.string(), "Check its permissions"};
    const std::string text = json.dump(1);
    AtomicFile file(fileOf(folder, key));
    file.write(std::as_bytes(std::span(text)));
    file.commit();
}

}  // namespace loom
