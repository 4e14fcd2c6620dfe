// SPDX-License-Identifier: GPL-3.0-or-later
// Writing tokenizer.json and tokenizer_config.json so that our reader, `tokenizers` and AutoTokenizer open them alike.
#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/tokenizer/bpe_trainer.h"
#include "core/engine/tokenizer/tokenizer_errors.h"

namespace loom {
namespace {

using Json = nlohmann::ordered_json;

std::string quoted(const std::string& text) { return Json(text).dump(); }

Json addedToken(int id, const char* content) {
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", true}};
}

/// Built as text: a JSON object that keeps its order takes quadratic time for a large vocabulary.
std::string modelText(const BpeVocabulary& vocabulary) {
    std::string text = "{\"type\": \"BPE\", \"vocab\": {";
    for (std::size_t id = 0; id < vocabulary.spellings.size(); ++id) {
        text += (id == 0 ? "\n" : ",\n") + quoted(vocabulary.spellings[id]) + ": " + std::to_string(id);
    }
    text += "\n}, \"merges\": [";
    const char* between = "\n";
    for (const auto& [left, right] : vocabulary.merges) {
        text += between + ("[" + quoted(vocabulary.spellings.at(left))) + ", " + quoted(vocabulary.spellings.at(right)) + "]";
        between = ",\n";
    }
    return text + "\n]}";
}

}  // namespace

void writeTokenizer(const std::filesystem::path& folder, const BpeVocabulary& vocabulary) {
    const Json added = Json::array({addedToken(0, kEndOfTextToken), addedToken(1, kPaddingToken)});
    const Json before{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    const Json decoder{{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
    const std::string text = "{\"version\": \"1.0\",\n\"added_tokens\": " + added.dump() + ",\n\"pre_tokenizer\": " + before.dump() +
                             ",\n\"decoder\": " + decoder.dump() + ",\n\"model\": " + modelText(vocabulary) + "}\n";
    if (text.size() > kLargestTokenizerFile) {
        throw Error{"The tokenizer would take " + std::to_string(text.size()) + " bytes, more than can be read again", pathText(folder),
                    "Choose a smaller vocabulary, or text with shorter words"};
    }
    const Json config{{"tokenizer_class", "PreTrainedTokenizerFast"},
                      {"model_max_length", 512},
                      {"bos_token", kEndOfTextToken},
                      {"eos_token", kEndOfTextToken},
                      {"pad_token", kPaddingToken},
                      {"clean_up_tokenization_spaces", false},
                      {"model_input_names", {"input_ids", "attention_mask"}}};
    createFolder(folder);
    writeTextFile(folder / "tokenizer_config.json", config.dump(2) + "\n");
    writeTextFile(folder / "tokenizer.json", text);
}

}  // namespace loom
