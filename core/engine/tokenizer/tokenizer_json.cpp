// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.json: model, added tokens, pre-tokenizer, post-processor. What is not supported is refused by name.
#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/bpe_builder.h"
#include "core/engine/tokenizer/tokenizer_errors.h"
#include "core/engine/tokenizer/tokenizer_files.h"

namespace loom {
namespace {

using Json = nlohmann::json;

constexpr const char* kDamaged = "The file is damaged; download or write it again";
constexpr const char* kSupported = "Byte-level BPE is supported, as GPT-2 and Llama 3 have it";
constexpr const char* kSentencePiece =
    "SentencePiece-style tokenizer.json files are not supported yet; byte-level BPE and llama2.c's tokenizer.bin are";
constexpr std::size_t kMostSplits = 32;

const Json& member(const Json& object, const char* key) {
    static const Json nothing;
    const auto found = object.find(key);
    return found == object.end() ? nothing : *found;
}

/// Reads one tokenizer.json into a builder.
class Reader {
public:
    Reader(const Json& root, BpeBuilder& builder) : m_root(root), m_builder(builder) {}

    void read() {
        if (!m_root.is_object()) fail("The file does not hold an object", "the whole file");
        readModel(object(m_root, "model", "model"));
        readNormalizer(member(m_root, "normalizer"), "normalizer");
        readAddedTokens(member(m_root, "added_tokens"));
        readPreTokenizer(member(m_root, "pre_tokenizer"), "pre_tokenizer");
        if (!m_byteLevel) refuse("The tokenizer has no ByteLevel pre-tokenizer", "pre_tokenizer");
        readPostProcessor(member(m_root, "post_processor"), "post_processor");
    }

private:
    [[noreturn]] void fail(const std::string& what, const std::string& key) const { throw Error{what, m_builder.at(key), kDamaged}; }
    [[noreturn]] void refuse(const std::string& what, const std::string& key, const char* hint = kSupported) const {
        throw Error{what, m_builder.at(key), hint};
    }
    [[nodiscard]] const Json& object(const Json& parent, const char* name, const std::string& key) const {
        const Json& value = member(parent, name);
        if (!value.is_object()) fail("This is missing or no object", key);
        return value;
    }
    [[nodiscard]] std::string text(const Json& parent, const char* name, const std::string& key) const {
        const Json& value = member(parent, name);
        if (!value.is_string()) fail("This is missing or no text", key + "." + name);
        return value.get<std::string>();
    }
    [[nodiscard]] bool flag(const Json& parent, const char* name, bool otherwise, const std::string& key) const {
        const Json& value = member(parent, name);
        if (value.is_null()) return otherwise;
        if (!value.is_boolean()) fail("This is neither true nor false", key + "." + name);
        return value.get<bool>();
    }
    [[nodiscard]] const Json& array(const Json& parent, const char* name, const std::string& key) const {
        const Json& value = member(parent, name);
        if (!value.is_array()) fail("This is missing or no list", key + "." + name);
        return value;
    }

    void readModel(const Json& model) {
        if (const Json& type = member(model, "type"); !type.is_null() && text(model, "type", "model") != "BPE") {
            refuse("The model " + inQuotes(type.get<std::string>()) + " is not supported", "model.type",
                   type == "Unigram" ? kSentencePiece : kSupported);
        }
        if (flag(model, "byte_fallback", false, "model")) refuse("The tokenizer uses byte_fallback", "model.byte_fallback", kSentencePiece);
        for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
            if (!member(model, name).is_null() && !text(model, name, "model").empty()) {
                refuse(std::string(name) + " is not supported", "model." + std::string(name));
            }
        }
        if (const Json& dropout = member(model, "dropout"); !dropout.is_null() && dropout != 0)
            refuse("Dropout is not supported", "model.dropout");
        m_builder.setVocabulary(member(model, "vocab"), "model.vocab");
        if (!member(model, "unk_token").is_null()) {
            const std::string unknown = text(model, "unk_token", "model");
            m_builder.parts.unknown = m_builder.find(unknown);
            if (!m_builder.parts.unknown) fail("The unknown token " + inQuotes(unknown) + " is not in the vocabulary", "model.unk_token");
        }
        m_builder.parts.fuseUnknown = flag(model, "fuse_unk", false, "model");
        if (flag(model, "ignore_merges", false, "model")) m_builder.keepWholeWords();
        const Json& merges = array(model, "merges", "model");
        for (std::size_t i = 0; i < merges.size(); ++i) readMerge(merges[i], "model.merges[" + std::to_string(i) + "]");
    }

    void readMerge(const Json& merge, const std::string& key) {
        if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            m_builder.addMerge(merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>(), key);
            return;
        }
        if (!merge.is_string()) fail("A merge is neither two texts nor one text of two parts", key);
        const std::string_view both = merge.get_ref<const std::string&>();
        const std::size_t space = both.find(' ');
        if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos)
            fail("A merge does not have two parts", key);
        m_builder.addMerge(both.substr(0, space), both.substr(space + 1), key);
    }

    void readNormalizer(const Json& node, const std::string& key) const {
        if (node.is_null()) return;
        if (!node.is_object()) fail("This is no object", key);
        const std::string type = text(node, "type", key);
        if (type == "Sequence") {
            const Json& steps = array(node, "normalizers", key);
            for (std::size_t i = 0; i < steps.size(); ++i) readNormalizer(steps[i], key + ".normalizers[" + std::to_string(i) + "]");
            return;
        }
        refuse("The normalizer " + inQuotes(type) + " is not supported", key,
               type == "Prepend" || type == "Precompiled" ? kSentencePiece : kSupported);
    }

    void readAddedTokens(const Json& list) {
        if (list.is_null()) return;
        if (!list.is_array()) fail("This is no list", "added_tokens");
        std::vector<AddedToken> tokens;
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string key = "added_tokens[" + std::to_string(i) + "]";
            const Json& entry = list[i];
            if (!entry.is_object()) fail("This is no object", key);
            const auto id = integerIn(member(entry, "id"), 0, kLargestTokenId);
            if (!id) fail("The id is no whole number from 0 to " + std::to_string(kLargestTokenId), key + ".id");
            AddedToken token{static_cast<std::uint32_t>(*id), text(entry, "content", key)};
            token.special = flag(entry, "special", false, key);
            token.singleWord = flag(entry, "single_word", false, key);
            token.lstrip = flag(entry, "lstrip", false, key);
            token.rstrip = flag(entry, "rstrip", false, key);
            token.normalized = flag(entry, "normalized", !token.special, key);
            tokens.push_back(std::move(token));
        }
        m_builder.setAddedTokens(std::move(tokens), "added_tokens");
    }

    void readPreTokenizer(const Json& node, const std::string& key) {
        if (node.is_null()) return;
        if (!node.is_object()) fail("This is no object", key);
        const std::string type = text(node, "type", key);
        if (type == "Sequence") {
            const Json& steps = array(node, "pretokenizers", key);
            for (std::size_t i = 0; i < steps.size(); ++i) readPreTokenizer(steps[i], key + ".pretokenizers[" + std::to_string(i) + "]");
            return;
        }
        if (m_byteLevel) refuse("The pre-tokenizer " + inQuotes(type) + " comes after ByteLevel, which is not supported", key);
        if (type == "ByteLevel") {
            m_byteLevel = true;
            m_builder.parts.addPrefixSpace = flag(node, "add_prefix_space", true, key);
            if (flag(node, "use_regex", true, key)) m_builder.parts.wordPattern = SplitPattern(kGpt2Pattern, m_builder.at(key));
        } else if (type == "Digits") {
            const bool each = flag(node, "individual_digits", false, key);
            addSplit({SplitPattern("\\p{N}", m_builder.at(key)), each ? SplitBehaviour::Isolated : SplitBehaviour::Contiguous, false}, key);
        } else if (type == "Split") {
            addSplit({splitPattern(object(node, "pattern", key + ".pattern"), key + ".pattern"),
                      behaviour(text(node, "behavior", key), key), flag(node, "invert", false, key)},
                     key);
        } else {
            refuse("The pre-tokenizer " + inQuotes(type) + " is not supported", key, type == "Metaspace" ? kSentencePiece : kSupported);
        }
    }
    void addSplit(BpeParts::Split split, const std::string& key) {
        if (m_builder.parts.splits.size() >= kMostSplits)
            refuse("The tokenizer splits the text more than " + std::to_string(kMostSplits) + " times", key);
        m_builder.parts.splits.push_back(std::move(split));
    }
    [[nodiscard]] SplitPattern splitPattern(const Json& node, const std::string& key) const {
        if (node.contains("Regex")) return {text(node, "Regex", key), m_builder.at(key)};
        if (node.contains("String")) return SplitPattern::literal(text(node, "String", key), m_builder.at(key));
        fail("The pattern is neither a Regex nor a String", key);
    }
    [[nodiscard]] SplitBehaviour behaviour(const std::string& name, const std::string& key) const {
        if (name == "Removed") return SplitBehaviour::Removed;
        if (name == "Isolated") return SplitBehaviour::Isolated;
        if (name == "MergedWithPrevious") return SplitBehaviour::MergedWithPrevious;
        if (name == "MergedWithNext") return SplitBehaviour::MergedWithNext;
        if (name == "Contiguous") return SplitBehaviour::Contiguous;
        fail("The behaviour " + inQuotes(name) + " is unknown", key + ".behavior");
    }

    void readPostProcessor(const Json& node, const std::string& key) {
        if (node.is_null()) return;
        if (!node.is_object()) fail("This is no object", key);
        const std::string type = text(node, "type", key);
        if (type == "ByteLevel") return;  // only moves offsets
        if (type == "Sequence") {
            const Json& steps = array(node, "processors", key);
            for (std::size_t i = 0; i < steps.size(); ++i) readPostProcessor(steps[i], key + ".processors[" + std::to_string(i) + "]");
            return;
        }
        if (type != "TemplateProcessing") refuse("The post-processor " + inQuotes(type) + " is not supported", key);
        if (m_template) refuse("The tokenizer has two templates", key);
        m_template = true;
        readTemplate(node, key);
    }
    void readTemplate(const Json& node, const std::string& key) {
        const Json& specials = object(node, "special_tokens", key + ".special_tokens");
        bool afterText = false;
        for (const Json& item : array(node, "single", key)) {
            if (!item.is_object()) fail("An item is no object", key + ".single");
            if (item.contains("Sequence")) {
                if (afterText) refuse("The template has the text twice", key + ".single");
                afterText = true;
                continue;
            }
            const std::string name = text(object(item, "SpecialToken", key + ".single"), "id", key + ".single");
            const Json& special = object(specials, name.c_str(), key + ".special_tokens");
            for (const Json& value : array(special, "ids", key + ".special_tokens")) {
                const auto& tokens = m_builder.parts.tokens;
                const auto id = integerIn(value, 0, static_cast<std::int64_t>(tokens.size()) - 1);
                if (!id || !tokens[static_cast<std::size_t>(*id)].exists)
                    fail("The id of " + inQuotes(name) + " is not in the vocabulary", key + ".special_tokens");
                (afterText ? m_builder.parts.ending : m_builder.parts.beginning).emplace_back(*id);
            }
        }
        if (!afterText) fail("The template has no place for the text", key + ".single");
    }

    const Json& m_root;
    BpeBuilder& m_builder;
    bool m_byteLevel = false;
    bool m_template = false;
};

}  // namespace

std::shared_ptr<const Tokenizer> readTokenizerJson(const std::filesystem::path& file, std::int64_t vocab) {
    const std::string name = pathText(file);
    const Json root = parseJson(readTextFile(file, kLargestTokenizerFile), name);
    BpeBuilder builder(name, vocab);
    Reader(root, builder).read();
    readTokenizerConfig(file.parent_path(), builder);
    return std::make_shared<const ByteLevelBpe>(std::move(builder.parts));
}

}  // namespace loom
