// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/checkpoint/torch_file.h"

#include <string>
#include <string_view>
#include <utility>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/stored_zip.h"

namespace loom {
namespace {

constexpr std::string_view kPickle = "data.pkl";

std::string_view asText(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

bool looksLikeTorchFile(std::span<const std::byte> bytes) {
    return asText(bytes).starts_with("PK\x03\x04") || asText(bytes).starts_with("\x80\x02");
}

TorchFile readTorchFile(std::shared_ptr<const MappedFile> file) {
    const std::string where = pathText(file->path());
    if (!asText(file->bytes()).starts_with("PK")) {
        throw Error{"This is a bare pickle, torch.save's format before version 1.6, which is not read", where,
                    "Save it again with a newer PyTorch, or as safetensors"};
    }
    const auto entries = readStoredZip(*file);
    std::string folder;  // everything lies in one folder of the archive
    std::span<const std::byte> pickle;
    for (const auto& [name, data] : entries) {
        const std::string_view view = name;
        const std::size_t slash = view.find('/');
        if (slash == std::string_view::npos || view.substr(slash + 1) != kPickle) continue;
        folder = name.substr(0, slash + 1);
        pickle = data;
    }
    if (folder.empty()) throw Error{"This archive was not written by torch.save: it holds no data.pkl", where, "Choose a checkpoint"};
    if (const auto order = entries.find(folder + "byteorder"); order != entries.end() && asText(order->second) != "little") {
        throw Error{"The file's numbers are not little-endian", where, "Save it again on another computer, or as safetensors"};
    }
    TorchFile result;
    result.document = readPickle(pickle, where, [&](std::string_view key) {
        const auto entry = entries.find(folder + "data/" + std::string(key));
        if (entry == entries.end()) {
            throw Error{"The archive lacks the entry data/" + std::string(inQuotes(key)), where, "The file is incomplete; get it again"};
        }
        return entry->second;
    });
    result.file = std::move(file);
    return result;
}

FoundWeights torchWeights(const TorchFile& file, const PickleDict& dict) {
    constexpr std::string_view kCompiled = "_orig_mod.";
    const std::string where = pathText(file.file->path());
    FoundWeights found;
    found.origin = file.file->path();
    for (const auto& [key, value] : dict.items) {
        const auto* name = std::get_if<std::string_view>(&key);
        const auto* tensor = std::get_if<const TensorView*>(&value);
        if (name == nullptr || tensor == nullptr) continue;
        if (firstInvalidUtf8(*name)) throw Error{"A tensor's name is no valid UTF-8", where, "The file is damaged; get it again"};
        std::string plain(name->starts_with(kCompiled) ? name->substr(kCompiled.size()) : *name);
        const auto [place, fresh] = found.tensors.try_emplace(plain, FoundTensor{**tensor, plain, where + ": " + inQuotes(*name)});
        if (!fresh) throw Error{"The same tensor is there twice", place->second.where, "Remove one"};
    }
    found.files.push_back(file.file);
    return found;
}

}  // namespace loom
