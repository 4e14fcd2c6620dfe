// SPDX-License-Identifier: GPL-3.0-or-later
// Reading normalizers, pre-tokenizers and decoders as the `tokenizers` package writes them.
#include "core/engine/tokenizer/json_pipeline.h"

#include <functional>
#include <utility>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/tokenizer/utf8_text.h"

namespace loom {
namespace {

using Json = nlohmann::json;
using OnStep = std::function<void(const Json& node, const std::string& type, const std::string& key)>;

constexpr std::size_t kMostSteps = 32;
constexpr const char* kBpeKinds = "Supported is BPE as GPT-2, Llama 2, Llama 3, Mistral, Qwen, Gemma and DeepSeek have it";
constexpr const char* kSentencePiece = "If there is a SentencePiece tokenizer.model, name that file instead";

/// Calls back for every step, whether it stands alone or in a Sequence (whose list is called `list`).
void eachStep(const JsonFields& fields, const Json& node, const char* list, const std::string& key, const OnStep& onStep) {
    if (node.is_null()) return;
    if (!node.is_object()) fields.fail("This is no object", key);
    const std::string type = fields.text(node, "type", key);
    if (type != "Sequence") {
        onStep(node, type, key);
        return;
    }
    const Json& steps = fields.array(node, list, key);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].is_null()) fields.fail("This is no object", key);
        eachStep(fields, steps[i], list, key + "." + list + "[" + std::to_string(i) + "]", onStep);
    }
}

SplitPattern splitPattern(const JsonFields& fields, const Json& node, const std::string& key) {
    if (node.contains("Regex")) return {fields.text(node, "Regex", key), fields.at(key)};
    if (node.contains("String")) return SplitPattern::literal(fields.text(node, "String", key), fields.at(key));
    fields.fail("The pattern is neither a Regex nor a String", key);
}

SplitBehaviour behaviour(const JsonFields& fields, const std::string& name, const std::string& key) {
    if (name == "Removed") return SplitBehaviour::Removed;
    if (name == "Isolated") return SplitBehaviour::Isolated;
    if (name == "MergedWithPrevious") return SplitBehaviour::MergedWithPrevious;
    if (name == "MergedWithNext") return SplitBehaviour::MergedWithNext;
    if (name == "Contiguous") return SplitBehaviour::Contiguous;
    fields.fail("The behaviour " + inQuotes(name) + " is unknown", key + ".behavior");
}

/// One character, as Metaspace calls its replacement.
std::string replacement(const JsonFields& fields, const Json& node, const std::string& key) {
    std::string text = fields.text(node, "replacement", key);
    if (text.empty() || characterEnd(text, 0) != text.size()) fields.fail("The replacement is not one character", key + ".replacement");
    return text;
}

/// Older files say add_prefix_space, newer ones prepend_scheme.
MetaspaceStep::Prepend prependScheme(const JsonFields& fields, const Json& node, const std::string& key) {
    using Prepend = MetaspaceStep::Prepend;
    const bool space = fields.flag(node, "add_prefix_space", true, key);
    if (JsonFields::member(node, "prepend_scheme").is_null()) return space ? Prepend::Always : Prepend::Never;
    const std::string name = fields.text(node, "prepend_scheme", key);
    if (!space && name != "never") fields.fail("add_prefix_space and prepend_scheme contradict each other", key);
    if (name == "always") return Prepend::Always;
    if (name == "first") return Prepend::First;
    if (name == "never") return Prepend::Never;
    fields.fail("The prepend_scheme " + inQuotes(name) + " is unknown", key + ".prepend_scheme");
}

}  // namespace

void readNormalizer(const JsonFields& fields, const Json& root, BpeParts& parts) {
    eachStep(fields, root, "normalizers", "normalizer", [&](const Json& node, const std::string& type, const std::string& key) {
        if (parts.normalizer.steps() >= kMostSteps) fields.refuse("The normalizer has more than 32 steps", key, kBpeKinds);
        if (type == "Prepend") {
            parts.normalizer.addPrepend(fields.text(node, "prepend", key));
        } else if (type == "Replace") {
            const Json& pattern = fields.object(node, "pattern", key + ".pattern");
            std::string by = fields.text(node, "content", key);
            if (pattern.contains("String")) {
                std::string literal = fields.text(pattern, "String", key + ".pattern");
                if (literal.empty()) fields.fail("The pattern is empty", key + ".pattern");
                parts.normalizer.addReplace(std::move(literal), std::move(by));
            } else {
                parts.normalizer.addReplace(splitPattern(fields, pattern, key + ".pattern"), std::move(by));
            }
        } else if (type == "NFC") {
            parts.normalizer.addForm(UnicodeForm::Nfc);
        } else if (type == "NFD") {
            parts.normalizer.addForm(UnicodeForm::Nfd);
        } else if (type == "NFKC") {
            parts.normalizer.addForm(UnicodeForm::Nfkc);
        } else if (type == "NFKD") {
            parts.normalizer.addForm(UnicodeForm::Nfkd);
        } else {
            fields.refuse("The normalizer " + inQuotes(type) + " is not supported", key,
                          type == "Precompiled" ? kSentencePiece : kBpeKinds);
        }
    });
}

void readPreTokenizer(const JsonFields& fields, const Json& root, BpeParts& parts) {
    parts.alphabet = BpeParts::Alphabet::Characters;
    const auto pattern = [&](const char* text, const std::string& key) { return SplitPattern(text, fields.at(key)); };
    eachStep(fields, root, "pretokenizers", "pre_tokenizer", [&](const Json& node, const std::string& type, const std::string& key) {
        if (parts.steps.size() >= kMostSteps) fields.refuse("The tokenizer splits the text more than 32 times", key, kBpeKinds);
        const bool byteLevel = parts.alphabet == BpeParts::Alphabet::Bytes;
        if (type == "ByteLevel") {
            if (byteLevel) fields.refuse("ByteLevel stands twice", key, kBpeKinds);
            parts.alphabet = BpeParts::Alphabet::Bytes;
            ByteLevelStep step{fields.flag(node, "add_prefix_space", true, key), std::nullopt};
            if (fields.flag(node, "use_regex", true, key)) step.pattern = gpt2Pattern();
            parts.steps.emplace_back(std::move(step));
        } else if (type == "Metaspace") {
            if (byteLevel) fields.refuse("Metaspace comes after ByteLevel, which is not supported", key, kBpeKinds);
            parts.steps.emplace_back(
                MetaspaceStep{replacement(fields, node, key), prependScheme(fields, node, key), fields.flag(node, "split", true, key)});
        } else if (type == "Digits") {
            const bool each = fields.flag(node, "individual_digits", false, key);
            parts.steps.emplace_back(
                SplitStep{pattern("\\p{N}", key), each ? SplitBehaviour::Isolated : SplitBehaviour::Contiguous, false});
        } else if (type == "Punctuation") {
            const bool given = !JsonFields::member(node, "behavior").is_null();
            parts.steps.emplace_back(
                SplitStep{pattern("[\\p{P}$+<=>^`|~]", key),
                          given ? behaviour(fields, fields.text(node, "behavior", key), key) : SplitBehaviour::Isolated, false});
        } else if (type == "Split") {
            parts.steps.emplace_back(SplitStep{splitPattern(fields, fields.object(node, "pattern", key + ".pattern"), key + ".pattern"),
                                               behaviour(fields, fields.text(node, "behavior", key), key),
                                               fields.flag(node, "invert", false, key)});
        } else {
            fields.refuse("The pre-tokenizer " + inQuotes(type) + " is not supported", key, kBpeKinds);
        }
    });
}

namespace {

/// What undoes Metaspace, or Prepend and Replace, where the file names no decoder.
BpeDecoding undoing(const BpeParts& parts) {
    BpeDecoding decoding;
    decoding.byteFallback = parts.byteFallback;
    bool prefixed = parts.normalizer.prepends();
    std::string mark = kMetaspace;
    for (const PreTokenizerStep& step : parts.steps) {
        const auto* metaspace = std::get_if<MetaspaceStep>(&step);
        if (metaspace == nullptr) continue;
        mark = metaspace->replacement;
        prefixed = prefixed || metaspace->prepend != MetaspaceStep::Prepend::Never;
    }
    decoding.replaces.push_back({mark, " ", false});
    if (prefixed) {
        decoding.stripped = " ";
        decoding.mostStripped = 1;
    }
    return decoding;
}

}  // namespace

void readDecoder(const JsonFields& fields, const Json& root, BpeParts& parts) {
    const bool byteLevel = parts.alphabet == BpeParts::Alphabet::Bytes;
    if (root.is_null()) {
        if (!byteLevel) parts.decoding = undoing(parts);
        return;
    }
    BpeDecoding& decoding = parts.decoding;
    bool fused = false;
    bool undone = false;
    eachStep(fields, root, "decoders", "decoder", [&](const Json& node, const std::string& type, const std::string& key) {
        if (decoding.replaces.size() >= kMostSteps) fields.refuse("The decoder has more than 32 steps", key, kBpeKinds);
        if (type == "ByteLevel") {
            if (!byteLevel) fields.refuse("The decoder is ByteLevel, but the pre-tokenizer is not", key, kBpeKinds);
            undone = true;
            return;
        }
        if (type == "Fuse") {
            fused = true;
            return;
        }
        if (byteLevel) fields.refuse("The decoder " + inQuotes(type) + " is not supported after ByteLevel", key, kBpeKinds);
        if (fused && type != "Strip") fields.refuse("The decoder " + inQuotes(type) + " is not supported after Fuse", key, kBpeKinds);
        if (type == "ByteFallback") {
            decoding.byteFallback = true;
        } else if (type == "Replace") {
            const Json& pattern = fields.object(node, "pattern", key + ".pattern");
            if (!pattern.contains("String")) fields.refuse("A decoder with a Regex is not supported", key + ".pattern", kBpeKinds);
            std::string from = fields.text(pattern, "String", key + ".pattern");
            if (from.empty()) fields.fail("The pattern is empty", key + ".pattern");
            decoding.replaces.push_back({std::move(from), fields.text(node, "content", key), false});
        } else if (type == "Metaspace") {
            decoding.replaces.push_back(
                {replacement(fields, node, key), " ", prependScheme(fields, node, key) != MetaspaceStep::Prepend::Never});
        } else if (type == "Strip") {
            if (!fused) fields.refuse("Strip before Fuse is not supported", key, kBpeKinds);
            if (!decoding.stripped.empty()) fields.refuse("Strip stands twice", key, kBpeKinds);
            decoding.stripped = fields.text(node, "content", key);
            if (decoding.stripped.empty() || characterEnd(decoding.stripped, 0) != decoding.stripped.size())
                fields.fail("The content is not one character", key + ".content");
            decoding.mostStripped = fields.integer(node, "start", 0, 1 << 20, key);
            if (fields.integer(node, "stop", 0, 1 << 20, key) != 0)
                fields.refuse("Strip at the end of a text is not supported", key, kBpeKinds);
        } else {
            fields.refuse("The decoder " + inQuotes(type) + " is not supported", key, kBpeKinds);
        }
    });
    if (byteLevel && !undone) fields.refuse("The pre-tokenizer is ByteLevel, but the decoder is not", "decoder", kBpeKinds);
}

}  // namespace loom
