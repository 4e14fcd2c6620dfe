// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer in a GGUF file's metadata: byte-level BPE ("gpt2") with its merges, or SentencePiece's pieces with scores ("llama").
#include <algorithm>
#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/gguf_file.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/tokenizer/bpe_builder.h"
#include "core/engine/tokenizer/bpe_tokenizer.h"
#include "core/engine/tokenizer/sentencepiece_model.h"
#include "core/engine/tokenizer/tokenizer_errors.h"
#include "core/engine/tokenizer/tokenizer_files.h"

namespace loom {
namespace {

constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr const char* kTypes = "tokenizer.ggml.token_type";
constexpr const char* kScores = "tokenizer.ggml.scores";
constexpr const char* kMerges = "tokenizer.ggml.merges";
constexpr const char* kElse = "Put the model's tokenizer.json somewhere and name it: --tokenizer FILE on the command line";

/// Kinds of tokens, numbered as SentencePiece numbers them.
using Kind = SentencePieceModel::Kind;

/// How a pre-tokenizer of llama.cpp's list cuts words: patterns one after the other, then the bytes of each word.
struct Cuts {
    std::string_view name;
    std::vector<const char*> patterns;
    bool wholeWords;  ///< a word that is a token is taken whole
};

const std::vector<Cuts>& knownCuts() {
    static const std::vector<Cuts> cuts{
        {"gpt-2", {kGpt2Pattern}, false},
        {"llama-bpe",
         {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
         true},
        {"deepseek-v3",
         {R"(\p{N}{1,3})", "[一-龥\u3040-ゟ゠-ヿ]+",
          R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
         false}};
    return cuts;
}

class Reader {
public:
    Reader(const GgufMetadata& meta, std::int64_t vocab) : m_meta(meta), m_vocab(vocab), m_tokens(meta.texts(kTokens)) {
        if (m_tokens.empty()) meta.fail("The tokenizer has no tokens", kTokens);
        std::size_t bytes = 0;
        for (const std::string_view token : m_tokens) {
            bytes += token.size();
            if (firstInvalidUtf8(token)) meta.fail("The token " + inQuotes(token) + " is no valid UTF-8", kTokens);
        }
        if (bytes > kLargestTokenizerFile) meta.fail("The tokens are longer than 64 MiB together", kTokens);
        m_kinds.assign(m_tokens.size(), Kind::Normal);
        if (!meta.has(kTypes)) return;
        const std::vector<std::int64_t> types = meta.integers(kTypes);
        if (types.size() != m_tokens.size()) meta.fail("There are not as many types as tokens", kTypes);
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (types[i] < 1 || types[i] > 6) meta.fail("The type " + std::to_string(types[i]) + " of a token is unknown", kTypes);
            m_kinds[i] = static_cast<Kind>(types[i]);
        }
    }

    [[nodiscard]] std::shared_ptr<const Tokenizer> byteLevel() const {
        const std::string_view name = m_meta.text("tokenizer.ggml.pre", "gpt-2");
        const auto& all = knownCuts();
        const auto cuts = std::find_if(all.begin(), all.end(), [&](const Cuts& each) { return each.name == name; });
        if (cuts == all.end()) m_meta.fail("How " + inQuotes(name) + " cuts words is not known here", "tokenizer.ggml.pre", kElse);
        BpeBuilder builder(m_meta.where(), m_vocab);
        nlohmann::json vocabulary = nlohmann::json::object();
        std::vector<AddedToken> added;
        for (std::size_t id = 0; id < m_tokens.size(); ++id) {
            if (m_tokens[id].empty()) m_meta.fail("The token " + std::to_string(id) + " is empty", kTokens);
            if (!vocabulary.emplace(std::string(m_tokens[id]), id).second)
                m_meta.fail("The token " + inQuotes(m_tokens[id]) + " is there twice", kTokens);
            if (m_kinds[id] == Kind::Control || m_kinds[id] == Kind::UserDefined)
                added.push_back({static_cast<std::uint32_t>(id), std::string(m_tokens[id]), m_kinds[id] == Kind::Control});
        }
        builder.setVocabulary(vocabulary, kTokens);
        std::size_t number = 0;
        for (const std::string_view merge : m_meta.texts(kMerges)) {
            const std::string key = kMerges + ("[" + std::to_string(number++) + "]");
            const std::size_t space = merge.find(' ', 1);
            if (space == std::string_view::npos) m_meta.fail("A merge does not have two parts", key);
            builder.addMerge(merge.substr(0, space), merge.substr(space + 1), key);
        }
        if (static_cast<std::size_t>(added.size()) > kMostAdded) m_meta.fail("More than 65536 tokens are special", kTypes);
        builder.setAddedTokens(std::move(added), kTokens);
        for (const char* pattern : cuts->patterns) {
            if (cuts->patterns.size() == 1) break;
            builder.parts.steps.emplace_back(SplitStep{SplitPattern(pattern, builder.at("tokenizer.ggml.pre"))});
        }
        const bool prefix = m_meta.truth("tokenizer.ggml.add_space_prefix", false);
        ByteLevelStep bytes{prefix, std::nullopt};
        if (cuts->patterns.size() == 1) bytes.pattern = SplitPattern(cuts->patterns.front(), builder.at("tokenizer.ggml.pre"));
        builder.parts.steps.emplace_back(std::move(bytes));
        builder.finish(cuts->wholeWords);
        const auto end = special("eos_token_id");
        const auto begin = special("bos_token_id");
        if (begin && m_meta.truth("tokenizer.ggml.add_bos_token", cuts->name == "llama-bpe")) builder.parts.beginning = {*begin};
        if (end && m_meta.truth("tokenizer.ggml.add_eos_token", false)) builder.parts.ending = {*end};
        TokenizerConfig config;
        config.where = m_meta.where();
        if (end) config.eos = std::string(m_tokens[end->index()]);
        if (begin) config.bos = std::string(m_tokens[begin->index()]);
        builder.setEnds(config);
        return std::make_shared<const BpeTokenizer>(std::move(builder.parts));
    }

    [[nodiscard]] std::shared_ptr<const Tokenizer> pieces() const {
        const std::vector<double> scores = m_meta.numbers(kScores);
        if (scores.size() != m_tokens.size()) m_meta.fail("There are not as many scores as tokens", kScores);
        SentencePieceModel model;
        for (std::size_t id = 0; id < m_tokens.size(); ++id) {
            model.pieces.push_back({std::string(m_tokens[id]), static_cast<float>(scores[id]), m_kinds[id]});
            model.byteFallback = model.byteFallback || m_kinds[id] == Kind::Byte;
        }
        model.type = 2;  // BPE by scores
        model.unknownSurface = " \xE2\x81\x87 ";
        model.addDummyPrefix = m_meta.truth("tokenizer.ggml.add_space_prefix", true);
        model.removeExtraSpaces = m_meta.truth("tokenizer.ggml.remove_extra_whitespaces", false);
        model = parseSentencePieceModel(model.serialized(false), m_meta.where());  // which checks every piece
        const auto number = [](const std::optional<TokenId>& id) { return id ? std::optional(id->value()) : std::nullopt; };
        model.bos = number(special("bos_token_id"));
        model.eos = number(special("eos_token_id"));
        model.beginsWithBos = m_meta.truth("tokenizer.ggml.add_bos_token", true);
        model.endsWithEos = m_meta.truth("tokenizer.ggml.add_eos_token", false);
        return makeSentencePiece(model, m_vocab, m_meta.where());
    }

private:
    static constexpr std::size_t kMostAdded = 65536;

    [[nodiscard]] std::optional<TokenId> special(const std::string& name) const {
        const std::string key = "tokenizer.ggml." + name;
        if (!m_meta.has(key)) return std::nullopt;
        const std::int64_t id = m_meta.integer(key);
        if (id == 0xFFFFFFFF || id == -1) return std::nullopt;  // how the format says "none"
        if (id < 0 || static_cast<std::size_t>(id) >= m_tokens.size())
            m_meta.fail("The token " + std::to_string(id) + " does not exist", key);
        return TokenId(id);
    }

    const GgufMetadata& m_meta;
    std::int64_t m_vocab;
    std::vector<std::string_view> m_tokens;
    std::vector<Kind> m_kinds;
};

}  // namespace

std::shared_ptr<const Tokenizer> readGgufTokenizer(const std::filesystem::path& file, std::int64_t vocab) {
    const GgufFile gguf = readGgufFile(std::make_shared<const MappedFile>(file));
    const std::string_view model = gguf.metadata.text("tokenizer.ggml.model", "none");
    if (model == "none" || model == "no_vocab") return nullptr;
    if (model == "gpt2") return Reader(gguf.metadata, vocab).byteLevel();
    if (model == "llama") return Reader(gguf.metadata, vocab).pieces();
    gguf.metadata.fail("The tokenizer " + inQuotes(model) + " is not read; gpt2 and llama are", "tokenizer.ggml.model", kElse);
}

}  // namespace loom
