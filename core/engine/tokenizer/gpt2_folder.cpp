// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-2's layout: vocab.json and merges.txt.
#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/bpe_builder.h"
#include "core/engine/tokenizer/bpe_tokenizer.h"
#include "core/engine/tokenizer/tokenizer_config.h"
#include "core/engine/tokenizer/tokenizer_errors.h"
#include "core/engine/tokenizer/tokenizer_files.h"

namespace loom {
namespace {

constexpr const char* kGpt2Special = "<|endoftext|>";

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
    const TokenizerConfig config = readTokenizerConfig(folder);
    builder.parts.steps.emplace_back(ByteLevelStep{config.addPrefixSpace.value_or(false), gpt2Pattern()});
    builder.finish(false);
    builder.setEnds(config);
    return std::make_shared<const BpeTokenizer>(std::move(builder.parts));
}

}  // namespace loom
