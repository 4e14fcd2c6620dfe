// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.json: model, added tokens, pre-tokenizer, post-processor. What is not supported is refused by name.
#include <algorithm>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/bpe_builder.h"
#include "core/engine/tokenizer/bpe_tokenizer.h"
#include "core/engine/tokenizer/json_fields.h"
#include "core/engine/tokenizer/json_pipeline.h"
#include "core/engine/tokenizer/tokenizer_config.h"
#include "core/engine/tokenizer/tokenizer_errors.h"
#include "core/engine/tokenizer/tokenizer_files.h"

namespace loom {
namespace {

using Json = nlohmann::json;

constexpr const char* kSupported = "Supported is BPE as GPT-2, Llama 2, Llama 3, Mistral, Qwen, Gemma and DeepSeek have it";
constexpr const char* kSentencePiece = "If there is a SentencePiece tokenizer.model, name that file instead";

/// Reads one tokenizer.json into a builder.
class Reader {
public:
    Reader(const Json& root, const std::string& file, BpeBuilder& builder) : m_root(root), m_fields(file), m_builder(builder) {}

    void read() {
        if (!m_root.is_object()) m_fields.fail("The file does not hold an object", "the whole file");
        readModel(m_fields.object(m_root, "model", "model"));
        readNormalizer(m_fields, JsonFields::member(m_root, "normalizer"), m_builder.parts);
        readPreTokenizer(m_fields, JsonFields::member(m_root, "pre_tokenizer"), m_builder.parts);
        if (m_builder.parts.byteFallback && m_builder.parts.alphabet == BpeParts::Alphabet::Bytes)
            m_fields.refuse("byte_fallback stands beside ByteLevel", "model.byte_fallback", kSupported);
        readAddedTokens(JsonFields::member(m_root, "added_tokens"));
        readDecoder(m_fields, JsonFields::member(m_root, "decoder"), m_builder.parts);
        readPostProcessor(JsonFields::member(m_root, "post_processor"), "post_processor");
        m_builder.finish(m_ignoreMerges);
    }

private:
    void readModel(const Json& model) {
        if (const Json& type = JsonFields::member(model, "type"); !type.is_null() && m_fields.text(model, "type", "model") != "BPE") {
            m_fields.refuse("The model " + inQuotes(type.get<std::string>()) + " is not supported", "model.type",
                            type == "Unigram" ? kSentencePiece : kSupported);
        }
        m_builder.parts.byteFallback = m_fields.flag(model, "byte_fallback", false, "model");
        for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
            if (!JsonFields::member(model, name).is_null() && !m_fields.text(model, name, "model").empty()) {
                m_fields.refuse(std::string(name) + " is not supported", "model." + std::string(name), kSupported);
            }
        }
        if (const Json& dropout = JsonFields::member(model, "dropout"); !dropout.is_null() && dropout != 0)
            m_fields.refuse("Dropout is not supported", "model.dropout", kSupported);
        m_builder.setVocabulary(JsonFields::member(model, "vocab"), "model.vocab");
        if (!JsonFields::member(model, "unk_token").is_null()) {
            const std::string unknown = m_fields.text(model, "unk_token", "model");
            m_builder.parts.unknown = m_builder.find(unknown);
            if (!m_builder.parts.unknown)
                m_fields.fail("The unknown token " + inQuotes(unknown) + " is not in the vocabulary", "model.unk_token");
        }
        m_builder.parts.fuseUnknown = m_fields.flag(model, "fuse_unk", false, "model");
        m_ignoreMerges = m_fields.flag(model, "ignore_merges", false, "model");
        const Json& merges = m_fields.array(model, "merges", "model");
        for (std::size_t i = 0; i < merges.size(); ++i) readMerge(merges[i], "model.merges[" + std::to_string(i) + "]");
    }

    void readMerge(const Json& merge, const std::string& key) {
        if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            m_builder.addMerge(merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>(), key);
            return;
        }
        if (!merge.is_string()) m_fields.fail("A merge is neither two texts nor one text of two parts", key);
        const std::string_view both = merge.get_ref<const std::string&>();
        const std::size_t space = both.find(' ');
        if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos)
            m_fields.fail("A merge does not have two parts", key);
        m_builder.addMerge(both.substr(0, space), both.substr(space + 1), key);
    }

    void readAddedTokens(const Json& list) {
        if (list.is_null()) return;
        if (!list.is_array()) m_fields.fail("This is no list", "added_tokens");
        std::vector<AddedToken> tokens;
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string key = "added_tokens[" + std::to_string(i) + "]";
            const Json& entry = list[i];
            if (!entry.is_object()) m_fields.fail("This is no object", key);
            const auto id = integerIn(JsonFields::member(entry, "id"), 0, kLargestTokenId);
            if (!id) m_fields.fail("The id is no whole number from 0 to " + std::to_string(kLargestTokenId), key + ".id");
            AddedToken token{static_cast<std::uint32_t>(*id), m_fields.text(entry, "content", key)};
            token.special = m_fields.flag(entry, "special", false, key);
            token.singleWord = m_fields.flag(entry, "single_word", false, key);
            token.lstrip = m_fields.flag(entry, "lstrip", false, key);
            token.rstrip = m_fields.flag(entry, "rstrip", false, key);
            token.normalized = m_fields.flag(entry, "normalized", !token.special, key);
            const TextNormalizer& normalizer = m_builder.parts.normalizer;
            if (token.normalized && normalizer.steps() > 0)  // it is looked for in normalized text
                token.pattern = normalizer.apply(token.content, false, PatternDeadline(token.content.size()));
            bytes += std::max(token.content.size(), token.pattern.size());
            if (bytes > AddedTokens::kMostBytes) m_fields.fail("The added tokens are longer than 1 MiB together", key);
            tokens.push_back(std::move(token));
        }
        m_builder.setAddedTokens(std::move(tokens), "added_tokens");
    }

    void readPostProcessor(const Json& node, const std::string& key) {
        if (node.is_null()) return;
        if (!node.is_object()) m_fields.fail("This is no object", key);
        const std::string type = m_fields.text(node, "type", key);
        if (type == "ByteLevel") return;  // only moves offsets
        if (type == "Sequence") {
            const Json& steps = m_fields.array(node, "processors", key);
            for (std::size_t i = 0; i < steps.size(); ++i) readPostProcessor(steps[i], key + ".processors[" + std::to_string(i) + "]");
            return;
        }
        if (type != "TemplateProcessing") m_fields.refuse("The post-processor " + inQuotes(type) + " is not supported", key, kSupported);
        if (m_template) m_fields.refuse("The tokenizer has two templates", key, kSupported);
        m_template = true;
        readTemplate(node, key);
    }
    void readTemplate(const Json& node, const std::string& key) {
        const Json& specials = m_fields.object(node, "special_tokens", key + ".special_tokens");
        bool afterText = false;
        for (const Json& item : m_fields.array(node, "single", key)) {
            if (!item.is_object()) m_fields.fail("An item is no object", key + ".single");
            if (item.contains("Sequence")) {
                if (afterText) m_fields.refuse("The template has the text twice", key + ".single", kSupported);
                afterText = true;
                continue;
            }
            const std::string name = m_fields.text(m_fields.object(item, "SpecialToken", key + ".single"), "id", key + ".single");
            const Json& special = m_fields.object(specials, name.c_str(), key + ".special_tokens");
            for (const Json& value : m_fields.array(special, "ids", key + ".special_tokens")) {
                const auto& tokens = m_builder.parts.tokens;
                const auto id = integerIn(value, 0, static_cast<std::int64_t>(tokens.size()) - 1);
                if (!id || !tokens[static_cast<std::size_t>(*id)].exists)
                    m_fields.fail("The id of " + inQuotes(name) + " is not in the vocabulary", key + ".special_tokens");
                (afterText ? m_builder.parts.ending : m_builder.parts.beginning).emplace_back(*id);
            }
        }
        if (!afterText) m_fields.fail("The template has no place for the text", key + ".single");
    }

    const Json& m_root;
    JsonFields m_fields;
    BpeBuilder& m_builder;
    bool m_ignoreMerges = false;
    bool m_template = false;
};

}  // namespace

std::shared_ptr<const Tokenizer> readTokenizerJson(const std::filesystem::path& file, std::int64_t vocab) {
    const std::string name = pathText(file);
    const Json root = parseJson(readTextFile(file, kLargestTokenizerFile), name);
    BpeBuilder builder(name, vocab);
    Reader(root, name, builder).read();
    builder.setEnds(readTokenizerConfig(file.parent_path()));
    return std::make_shared<const BpeTokenizer>(std::move(builder.parts));
}

}  // namespace loom
