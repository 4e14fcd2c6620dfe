// SPDX-License-Identifier: GPL-3.0-or-later
// Finding the tokenizer that belongs to a checkpoint.
#include <array>
#include <fstream>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/llama2c_tokenizer.h"
#include "core/engine/tokenizer/tokenizer_errors.h"
#include "core/engine/tokenizer/tokenizer_files.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

bool isFile(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

constexpr std::size_t kHeaderInts = 7;
constexpr std::int32_t kCheckpointMagic = 0x616B3432;  // "ak42", llama2.c's later formats

/// The vocabulary in a llama2.c checkpoint's header, or nothing if the file is no such checkpoint. The second number tells
/// a checkpoint from a tokenizer: there a count between 1 and a million, here a score, whose bits are never so small.
std::optional<std::int64_t> checkpointVocabulary(const fs::path& file) {
    std::array<std::int32_t, kHeaderInts> header{};
    std::ifstream stream(file, std::ios::binary);
    stream.read(reinterpret_cast<char*>(header.data()), sizeof(header));
    if (stream.gcount() != static_cast<std::streamsize>(sizeof(header))) return std::nullopt;
    if (header[0] == kCheckpointMagic) return 0;
    if (header[0] <= 0 || header[1] <= 0 || header[1] > 1'000'000) return std::nullopt;
    const std::int64_t vocab = header[5];
    return vocab < 0 ? -vocab : vocab;
}

bool startsAsGguf(const fs::path& file) {
    std::array<char, 4> magic{};
    std::ifstream(file, std::ios::binary).read(magic.data(), magic.size());
    return std::string_view(magic.data(), magic.size()) == "GGUF";
}

[[noreturn]] void failNotFound(const fs::path& folder, const std::string& places) {
    throw Error{"No tokenizer was found for the model", pathText(folder),
                "Looked there for " + places + ". Put one of them there, or name the file: --tokenizer FILE on the command line"};
}

std::shared_ptr<const Tokenizer> besideCheckpoint(const fs::path& folder, std::int64_t vocab) {
    std::vector<std::string> names = {"tokenizer.bin"};
    if (vocab > 0) names.push_back("tok" + std::to_string(vocab) + ".bin");
    std::optional<Error> first;
    for (const std::string& name : names) {
        if (!isFile(folder / name)) continue;
        try {
            return readLlama2cTokenizer(folder / name, vocab);
        } catch (const Error& error) {  // a tokenizer.bin for another checkpoint in the same folder
            if (!first) first = error;
        }
    }
    if (first) throw *first;
    failNotFound(folder, vocab > 0 ? names[0] + " and " + names[1] : names[0]);
}

std::shared_ptr<const Tokenizer> inFolder(const fs::path& folder, std::int64_t vocab) {
    if (isFile(folder / "tokenizer.json")) return readTokenizerJson(folder / "tokenizer.json", vocab);
    if (isFile(folder / "vocab.json") && isFile(folder / "merges.txt")) return readGpt2Folder(folder, vocab);
    if (isFile(folder / "tokenizer.model")) return readSentencePiece(folder / "tokenizer.model", vocab);
    if (isFile(folder / "tokenizer.bin")) return readLlama2cTokenizer(folder / "tokenizer.bin", vocab);
    failNotFound(folder, "tokenizer.json, vocab.json with merges.txt, tokenizer.model, and tokenizer.bin");
}

}  // namespace

std::shared_ptr<const Tokenizer> readLlama2cTokenizer(const fs::path& file, std::int64_t vocab) {
    return std::make_shared<const Llama2cTokenizer>(readTextFile(file, kLargestTokenizerFile), vocab, pathText(file));
}

std::shared_ptr<const Tokenizer> openTokenizer(const fs::path& path, std::int64_t vocab) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) throw Error{"The file or folder does not exist", pathText(path), "Check the path"};
    if (fs::is_directory(path, ignored)) return inFolder(path, vocab);
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const std::string name = path.filename().string();
    if (name == "vocab.json" || name == "merges.txt") return readGpt2Folder(folder, vocab);
    const std::string extension = path.extension().string();
    if (extension == ".safetensors" || extension == ".pt" || name == "config.json" || name.ends_with(".index.json"))
        return inFolder(folder, vocab);
    if (extension == ".json") return readTokenizerJson(path, vocab);
    if (extension == ".model") return readSentencePiece(path, vocab);
    if (!isFile(path)) throw Error{"This is not a plain file", pathText(path), "Pipes and devices cannot be read as files"};
    if (startsAsGguf(path)) {
        if (auto own = readGgufTokenizer(path, vocab)) return own;
        return inFolder(folder, vocab);
    }
    if (const auto header = checkpointVocabulary(path)) return besideCheckpoint(folder, vocab > 0 ? vocab : *header);
    return readLlama2cTokenizer(path, vocab);
}

}  // namespace loom
