// SPDX-License-Identifier: GPL-3.0-or-later
// Finding the weights of a Hugging Face folder.
#include "core/engine/checkpoint/hf_weights.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/data/error.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/safetensors.h"
#include "core/engine/checkpoint/torch_file.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kTorch = "pytorch_model.bin";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::size_t kIndexLimit = std::size_t{16} << 20;

/// Some exporters save the inner network, whose names lack the prefix.
std::string canonicalName(const std::string& name) {
    for (const std::string_view start : {"layers.", "embed_tokens.", "norm."}) {
        if (std::string_view(name).starts_with(start)) return std::string("model.").append(name);
    }
    return name;
}

void add(FoundWeights& found, const std::string& name, TensorView view, const std::string& file) {
    std::string where = file + ": " + inQuotes(name);
    const auto [place, fresh] = found.tensors.try_emplace(canonicalName(name), FoundTensor{std::move(view), name, where});
    if (!fresh)
        throw Error{"The same tensor is there twice, as " + inQuotes(place->second.name) + " and " + inQuotes(name), where, "Remove one"};
}

void addFile(FoundWeights& found, const fs::path& path) {
    SafetensorsFile file = readSafetensors(path);
    const std::string text = pathText(path);
    for (auto& [name, view] : file.tensors) add(found, name, std::move(view), text);
    found.files.push_back(std::move(file.file));
}

/// What many older folders hold instead, read without executing anything.
void addTorchFile(FoundWeights& found, const fs::path& path) {
    const TorchFile file = readTorchFile(std::make_shared<const MappedFile>(path));
    const auto* root = std::get_if<PickleDict*>(&file.document.root);
    if (root == nullptr) throw Error{"The file holds no dictionary of tensors", pathText(path), "Choose another checkpoint"};
    FoundWeights tensors = torchWeights(file, **root);
    for (auto& [name, tensor] : tensors.tensors) add(found, tensor.name, std::move(tensor.view), pathText(path));
    found.files.push_back(file.file);
}

/// Shard names by tensor. A shard must be a plain name, so that an index cannot reach outside its folder.
std::map<std::string, std::vector<std::string>> shardsOf(const fs::path& index) {
    const ConfigReader reader(index, kIndexLimit);
    const std::optional<ConfigReader> map = reader.object("weight_map");
    if (!map) reader.fail("The key weight_map is missing");
    std::map<std::string, std::vector<std::string>> shards;
    for (const auto& [tensor, value] : map->json().items()) {
        if (!value.is_string()) reader.fail("weight_map must map the tensor " + inQuotes(tensor) + " to a file name");
        const auto& shard = value.get_ref<const std::string&>();
        if (shard.empty() || shard == "." || shard == ".." || shard.find_first_of("/\\") != std::string::npos) {
            reader.fail("weight_map sends the tensor " + inQuotes(tensor) + " to " + inQuotes(shard) + ", which is no plain file name",
                        "Shards must lie in the same folder; do not trust this checkpoint");
        }
        shards[shard].push_back(tensor);
    }
    if (shards.empty()) reader.fail("weight_map is empty");
    return shards;
}

void addShards(FoundWeights& found, const fs::path& folder, const fs::path& index) {
    const auto shards = shardsOf(index);
    for (const auto& [shard, tensors] : shards) {  // before the first is read: say at once what is missing
        if (!fileExists(folder / shard))
            throw Error{"A shard is missing: " + inQuotes(shard), pathText(folder), "Download the missing file"};
    }
    for (const auto& [shard, tensors] : shards) {
        SafetensorsFile file = readSafetensors(folder / shard);
        const std::string text = pathText(folder / shard);
        for (const std::string& tensor : tensors) {
            const auto view = file.tensors.find(tensor);
            if (view == file.tensors.end()) {
                throw Error{"The index names a tensor that its shard does not hold", text + ": " + inQuotes(tensor),
                            "Download index and shards again"};
            }
            add(found, tensor, std::move(view->second), text);
        }
        found.files.push_back(std::move(file.file));
    }
}

fs::path theOnlyOther(const fs::path& folder) {
    std::vector<fs::path> weights;
    bool pickled = false;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const fs::path name = entry->path().filename();
        if (name.extension() == ".safetensors") weights.push_back(entry->path());
        pickled = pickled || name.extension() == ".bin" || name.extension() == ".pt" || name.extension() == ".pth";
    }
    if (fileExists(folder / kTorch)) return folder / kTorch;
    if (weights.size() == 1) return weights.front();
    std::sort(weights.begin(), weights.end());
    if (weights.size() > 1) {
        throw Error{"The folder holds " + std::to_string(weights.size()) + " .safetensors files and no index that joins them",
                    pathText(folder), "Open one of them, or add " + std::string(kIndex)};
    }
    throw Error{"The folder holds no weights: neither " + std::string(kSingle) + " nor " + kIndex, pathText(folder),
                pickled ? "Of PyTorch's own files only " + std::string(kTorch) + " is read; save the weights as safetensors"
                        : "Download the .safetensors files too"};
}

}  // namespace

FoundWeights openWeights(const fs::path& folder, const fs::path& only) {
    FoundWeights found;
    found.origin = !only.empty() ? only : fileExists(folder / kSingle) ? folder / kSingle : fs::path();
    const fs::path index = folder / kIndex;
    if (fileExists(index) && (found.origin.empty() || (!only.empty() && only.filename() != kSingle))) {
        const auto shards = shardsOf(index);
        if (only.empty() || shards.count(only.filename().native()) > 0) found.origin = index;
    }
    if (found.origin.empty()) found.origin = theOnlyOther(folder);
    if (found.origin == index) {
        addShards(found, folder, index);
    } else if (found.origin.filename() == kTorch) {
        addTorchFile(found, found.origin);
    } else {
        addFile(found, found.origin);
    }
    return found;
}

}  // namespace loom
