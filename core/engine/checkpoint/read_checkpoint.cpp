// SPDX-License-Identifier: GPL-3.0-or-later
// Which kind of checkpoint a path is: decided by what lies there, not by its ending.
#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>

#include "core/data/error.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/gguf_file.h"
#include "core/engine/checkpoint/hf_folder.h"
#include "core/engine/checkpoint/llama2c.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/torch_file.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKinds =
    "Known are a Hugging Face folder (config.json and model.safetensors; families llama, deepseek_v2, deepseek_v3, gpt2, gpt_neo, gpt_neox "
    "and latentloom), a GGUF file of the architectures llama and deepseek2, a llama2.c .bin file and nanoGPT's ckpt.pt";

bool startsWith(std::span<const std::byte> bytes, std::string_view magic) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(magic);
}

Error unknownFile(const MappedFile& file) {
    const std::string where = pathText(file.path());
    if (startsWith(file.bytes(), "24ka")) {  // 0x616b3432
        return {"Only version 0 files of llama2.c are read, this is a newer one", where, "Export it again with --version 0"};
    }
    return {"This is no checkpoint that I know", where, kKinds};
}

/// The one GGUF file of a folder; nothing where there are none or several.
fs::path onlyGguf(const fs::path& folder) {
    fs::path found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->path().extension() != ".gguf") continue;
        if (!found.empty()) return {};
        found = entry->path();
    }
    return found;
}

}  // namespace

Checkpoint readCheckpoint(const fs::path& path) {
    if (path.empty()) throw Error{"No checkpoint was named", {}, kKinds};
    std::error_code error;
    fs::path absolute = fs::absolute(path, error);
    // Text alone cannot resolve "..": what stands before it may be a link.
    const bool climbs = std::find(absolute.begin(), absolute.end(), "..") != absolute.end();
    if (!error) absolute = climbs ? fs::weakly_canonical(absolute, error) : absolute.lexically_normal();
    if (error) throw Error{"The path cannot be used: " + error.message(), pathText(path), {}};
    if (!absolute.has_filename()) absolute = absolute.parent_path();  // "folder/" and "folder/." end so
    const fs::file_status status = fs::status(absolute, error);
    if (status.type() == fs::file_type::not_found) throw Error{"There is no such file or folder", pathText(absolute), "Check the path"};
    if (fs::is_directory(status)) {
        if (fileExists(absolute / "config.json")) return readHfFolder(absolute);
        if (const fs::path nanoGpt = absolute / "ckpt.pt"; fileExists(nanoGpt))
            return readNanoGpt(std::make_shared<const MappedFile>(nanoGpt));
        if (const fs::path gguf = onlyGguf(absolute); !gguf.empty()) return readGguf(std::make_shared<const MappedFile>(gguf));
        return readHfFolder(absolute);
    }
    if (absolute.filename() == "config.json" || absolute.filename() == "model.safetensors.index.json")
        return readHfFolder(absolute.parent_path());
    if (absolute.extension() == ".safetensors") {
        const MappedFile check(absolute);  // its own problems come before those of the folder around it
        return readHfFolder(absolute.parent_path(), absolute);
    }
    auto file = std::make_shared<const MappedFile>(absolute);
    if (looksLikeTorchFile(file->bytes())) return readNanoGpt(std::move(file));
    if (looksLikeGguf(file->bytes())) return readGguf(std::move(file));
    if (!looksLikeLlama2C(file->bytes())) throw unknownFile(*file);
    return readLlama2C(std::move(file));
}

}  // namespace loom
