// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-2's layout (vocab.json and merges.txt), and the tokenizer_config.json that may lie beside any tokenizer.
#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/bpe_builder.h"
#include "core/engine/tokenizer/tokenizer_errors.h"
#include "core/engine/tokenizer/tokenizer_files.h"

namespace loom {
namespace {

constexpr std::size_t kLargestConfig = std::size_t{4} << 20;
constexpr const char* kGpt2Special = "<|endoftext|>";

/// "eos_token": "x" or {"content": "x"}; nothing where it is absent or null.
std::optional<std::string> namedToken(const nlohmann::json& config, const char* key, const std::string& file) {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) return std::nullopt;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_object()) {
        if (const auto content = found->find("content"); content != found->end() && content->is_string())
            return content->get<std::string>();
    }
    throw Error{"This is neither a text nor an object with a content", file + ": " + key, "Correct it or remove the file"};
}

void readMerges(const std::filesystem::path& file, BpeBuilder& builder) {
    const std::string text = readTextFile(file, kLargestTokenizerFile);
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        if (end == std::string::npos) end = text.size();
        std::string_view line = std::string_view(text).substr(at, end - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        at = end + 1;
        ++number;
        if (line.empty() || line.starts_with("#version")) continue;
        const std::string key = "line " + std::to_string(number);
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
            throw Error{"The line does not have two parts", builder.at(key), "The file is damaged; download or write it again"};
        }
        builder.addMerge(line.substr(0, space), line.substr(space + 1), key);
    }
}

}  // namespace

void readTokenizerConfig(const std::filesystem::path& folder, BpeBuilder& builder) {
    const std::filesystem::path file = folder / "tokenizer_config.json";
    std::optional<std::string> eos;
    std::optional<std::string> bos;
    const std::string name = pathText(file);
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) {
        const nlohmann::json config = parseJson(readTextFile(file, kLargestConfig), name);
        if (!config.is_object()) throw Error{"The file does not hold an object", name, "Correct it or remove the file"};
        eos = namedToken(config, "eos_token", name);
        bos = namedToken(config, "bos_token", name);
    }
    builder.setEnds(eos, bos, name);
}

std::shared_ptr<const Tokenizer> readGpt2Folder(const std::filesystem::path& folder, std::int64_t vocab) {
    const std::filesystem::path vocabulary = folder / "vocab.json";
    const std::filesystem::path merges = folder / "merges.txt";
    const std::string name = pathText(vocabulary);
    BpeBuilder builder(name, vocab);
    builder.setVocabulary(parseJson(readTextFile(vocabulary, kLargestTokenizerFile), name), "the vocabulary");
    builder.nameFile(pathText(merges));
    readMerges(merges, builder);
    builder.nameFile(name);
    if (const auto id = builder.find(kGpt2Special)) builder.setAddedTokens({{*id, kGpt2Special, true}}, "the vocabulary");
    builder.parts.wordPattern = SplitPattern(kGpt2Pattern, name);
    readTokenizerConfig(folder, builder);
    return std::make_shared<const ByteLevelBpe>(std::move(builder.parts));
}

}  // namespace loom
