// SPDX-License-Identifier: GPL-3.0-or-later
// Hugging Face folders.
#include "core/engine/checkpoint/hf_folder.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/data/error.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/hf_weights.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kConfigLimit = std::size_t{4} << 20;

Error noConfigError(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        names.push_back(entry->path().filename().native());
    }
    if (error) return {"The folder cannot be read: " + error.message(), pathText(folder), "Check its permissions"};
    if (names.empty()) return {"The folder is empty", pathText(folder), "Choose a folder with config.json and model.safetensors"};
    const auto endsWith = [&](const char* ending) {
        return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return name.ends_with(ending); });
    };
    std::string hint = "Choose a folder with config.json and model.safetensors";
    if (endsWith(".safetensors")) {
        hint = "The weights need the config.json that belongs to them";
    } else if (endsWith("pytorch_model.bin") || endsWith(".pt") || endsWith(".pth")) {
        hint = "PyTorch's files open beside the config.json that belongs to them, or, if nanoGPT wrote them, by their own name";
    } else if (endsWith(".gguf")) {
        hint = "The folder holds several GGUF files: choose one of them";
    } else if (endsWith(".bin")) {
        hint = "To open a llama2.c checkpoint choose its .bin file itself";
    }
    return {"The folder holds no checkpoint: config.json is missing", pathText(folder), hint};
}

/// generation_config.json wins over config.json, as it does where it comes from. Ids outside the vocabulary can never be met.
void finishTokens(ModelConfig& config, const fs::path& folder) {
    const fs::path generation = folder / "generation_config.json";
    if (fileExists(generation)) {
        const ConfigReader reader(generation, kConfigLimit);
        if (reader.has("eos_token_id")) {
            config.eosTokens.clear();
            for (const std::int64_t id : reader.integers("eos_token_id")) config.eosTokens.emplace_back(id);
        }
    }
    const auto outside = [&](TokenId id) { return id.value() < 0 || id.value() >= config.vocab; };
    std::vector<TokenId> ids;
    for (const TokenId id : config.eosTokens) {
        if (!outside(id) && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    config.eosTokens = std::move(ids);
    if (config.bosToken && outside(*config.bosToken)) config.bosToken.reset();
}

}  // namespace

Checkpoint readHfFolder(const fs::path& folder, const fs::path& only) {
    const fs::path file = folder / "config.json";
    if (!fileExists(file)) throw noConfigError(folder);
    Checkpoint checkpoint;
    checkpoint.path = folder;
    checkpoint.config = readFamilyConfig(ConfigReader(file, kConfigLimit));
    finishTokens(checkpoint.config, folder);
    FoundWeights found = openWeights(folder, only);
    arrangeTensors(found, checkpoint.config);
    takeWeights(checkpoint, std::move(found));
    return checkpoint;
}

}  // namespace loom
