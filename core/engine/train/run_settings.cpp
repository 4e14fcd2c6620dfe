// SPDX-License-Identifier: GPL-3.0-or-later
// The settings that a run has, those that its configuration left out included.
#include <nlohmann/json.hpp>

#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/run_list.h"
#include "core/engine/train/svg_plot.h"

namespace loom {
namespace {

using Json = nlohmann::ordered_json;

/// 0.1 · 0.003 shall not be read as 0.00030000000000000003.
std::string textOf(const Json& value) {
    if (value.is_number_float()) return shortNumber(value.get<double>(), 9);
    return value.is_string() ? value.get<std::string>() : value.dump();
}

void addFlat(RunSettings& rows, const std::string& prefix, const Json& object) {
    for (const auto& [key, value] : object.items()) {
        if (value.is_null()) continue;
        if (value.is_object())
            addFlat(rows, prefix + key + ".", value);
        else
            rows.emplace_back(prefix + key, textOf(value));
    }
}

}  // namespace

RunSettings readRunSettings(const std::filesystem::path& run) {
    const RunRequest request = readRunRequest(run);
    const TrainConfig config = parseTrainConfig(request.config, pathText(run / "run.json"), 0);
    RunSettings rows;
    rows.emplace_back("form", attentionFormName(config.model.attention));
    rows.emplace_back("parameters", std::to_string(countParameters(config.model).total));
    if (!config.preset.empty()) rows.emplace_back("preset", config.preset);
    rows.emplace_back("data", nameOf(request.data.train));
    if (request.data.valid) rows.emplace_back("valid", nameOf(*request.data.valid));
    if (request.data.validShare > 0) rows.emplace_back("valid_share", Json(request.data.validShare).dump());
    rows.emplace_back("device", request.device);
    if (request.threads > 0) rows.emplace_back("threads", std::to_string(request.threads));
    addFlat(rows, "training.", Json::parse(trainingText(config.training)));
    Json model = Json::parse(configText(config.model, config.training.storage));
    for (const char* key : {"architectures", "dtype"}) model.erase(key);  // said elsewhere
    addFlat(rows, "model.", model);
    return rows;
}

}  // namespace loom
