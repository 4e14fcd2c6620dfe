// SPDX-License-Identifier: GPL-3.0-or-later
// Putting a BPE tokenizer together, with every check on the way.
#include "core/engine/tokenizer/bpe_builder.h"

#include <algorithm>
#include <array>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/tokenizer/bpe_tokenizer.h"
#include "core/engine/tokenizer/byte_alphabet.h"
#include "core/engine/tokenizer/json_fields.h"
#include "core/engine/tokenizer/tokenizer_errors.h"

namespace loom {
namespace {

constexpr std::int64_t kMostUnusedIds = 65536;
constexpr const char* kDamaged = kDamagedTokenizer;
constexpr std::array kEndNames = {"<|endoftext|>", "</s>", "<|eot_id|>", "<|end_of_text|>", "<|im_end|>", "<｜end▁of▁sentence｜>"};
constexpr std::array kBeginNames = {"<|begin_of_text|>", "<s>", "<｜begin▁of▁sentence｜>", "<|endoftext|>"};

}  // namespace

void BpeBuilder::makeRoom(std::int64_t id, const std::string& key) {
    const auto needed = static_cast<std::size_t>(id) + 1;
    if (m_vocab > 0 && id >= m_vocab) {
        throw Error{"The tokenizer has the id " + std::to_string(id) + ", but the network's vocabulary is " + std::to_string(m_vocab),
                    at(key), "Use the tokenizer that the network was trained with"};
    }
    if (static_cast<std::int64_t>(needed) > static_cast<std::int64_t>(m_ids.size()) + kMostUnusedIds) {
        throw Error{"The id " + std::to_string(id) + " leaves a gap of more than " + std::to_string(kMostUnusedIds) + " unused ids",
                    at(key), kDamaged};
    }
    if (parts.tokens.size() < needed) parts.tokens.resize(needed);
}

void BpeBuilder::place(const std::string& spelling, std::int64_t id, const std::string& key) {
    BpeParts::Token& token = parts.tokens[static_cast<std::size_t>(id)];
    if (token.exists) {
        throw Error{"The id " + std::to_string(id) + " belongs to both " + inQuotes(token.spelling) + " and " + inQuotes(spelling), at(key),
                    kDamaged};
    }
    token.spelling = spelling;
    token.exists = true;
    m_ids.emplace(spelling, static_cast<std::uint32_t>(id));
}

void BpeBuilder::setVocabulary(const nlohmann::json& vocabulary, const std::string& key) {
    if (!vocabulary.is_object() || vocabulary.empty()) throw Error{"The vocabulary is missing, empty or no object", at(key), kDamaged};
    std::int64_t largest = 0;
    for (const auto& [spelling, value] : vocabulary.items()) {
        const auto id = integerIn(value, 0, kLargestTokenId);
        if (!id)
            throw Error{"The id of " + inQuotes(spelling) + " is no whole number from 0 to " + std::to_string(kLargestTokenId), at(key),
                        kDamaged};
        largest = std::max(largest, *id);
    }
    if (m_vocab > 0 && largest >= m_vocab) {
        throw Error{
            "The tokenizer has " + std::to_string(largest + 1) + " tokens, but the network's vocabulary is " + std::to_string(m_vocab),
            at(key), "Use the tokenizer that the network was trained with"};
    }
    if (largest + 1 - static_cast<std::int64_t>(vocabulary.size()) > kMostUnusedIds) {
        throw Error{"The ids go up to " + std::to_string(largest) + ", but there are only " + std::to_string(vocabulary.size()) + " tokens",
                    at(key), kDamaged};
    }
    parts.tokens.resize(static_cast<std::size_t>(largest) + 1);
    m_ids.reserve(vocabulary.size());
    for (const auto& [spelling, value] : vocabulary.items()) place(spelling, value.get<std::int64_t>(), key);
}

void BpeBuilder::addMerge(std::string_view left, std::string_view right, const std::string& key) {
    const auto known = [&](std::string_view spelling) {
        if (const auto id = find(spelling)) return *id;
        throw Error{"A merge uses " + inQuotes(spelling) + ", which is not in the vocabulary", at(key), kDamaged};
    };
    const std::uint32_t first = known(left);
    const std::uint32_t second = known(right);
    std::string joined(left);
    joined += right;
    parts.merges.set(first, second, Merge{static_cast<double>(m_merges++), known(joined)});
}

void BpeBuilder::finish(bool ignoreMerges) {
    if (parts.alphabet == BpeParts::Alphabet::Bytes) {
        finishBytes(ignoreMerges);
    } else {
        finishCharacters(ignoreMerges);
    }
}

void BpeBuilder::finishBytes(bool ignoreMerges) {
    for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
        BpeParts::Token& token = parts.tokens[id];
        if (!token.exists) continue;
        auto bytes = bytesOfSpelling(token.spelling);
        if (ignoreMerges && bytes && !onlyAdded(id)) parts.wholeWords.emplace(*bytes, static_cast<std::uint32_t>(id));
        token.bytes = bytes && !isAdded(id) ? std::move(*bytes) : token.spelling;  // added ones are spelled as they are written
    }
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto id = find(spellingOfByte(static_cast<unsigned char>(byte)));
        parts.byteIds[byte] = id && !onlyAdded(*id) ? static_cast<std::int64_t>(*id) : -1;
    }
}

void BpeBuilder::finishCharacters(bool ignoreMerges) {
    parts.byteIds.fill(-1);
    for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
        BpeParts::Token& token = parts.tokens[id];
        if (!token.exists) continue;
        if (ignoreMerges && !onlyAdded(id)) parts.wholeWords.emplace(token.spelling, static_cast<std::uint32_t>(id));
        token.bytes = decodedSpelling(parts.decoding, token.spelling, false, at("decoder"));
        if (!parts.decoding.byteFallback) continue;
        token.byte = static_cast<std::int16_t>(spelledByte(token.bytes));
        if (token.byte >= 0) token.bytes.assign(1, static_cast<char>(token.byte));
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto id = find(std::string{'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'});
        if (id && !onlyAdded(*id)) parts.byteIds[byte] = static_cast<std::int64_t>(*id);
    }
}

void BpeBuilder::setAddedTokens(std::vector<AddedToken> tokens, const std::string& key) {
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const AddedToken& token = tokens[i];
        const std::string here = key + "[" + std::to_string(i) + "]";
        if (token.content.empty()) continue;
        if (!seen.emplace(token.content, i).second)
            throw Error{"The token " + inQuotes(token.content) + " is added twice", at(here), kDamaged};
        if (const auto id = find(token.content)) {
            if (*id != token.id) {
                throw Error{"The token " + inQuotes(token.content) + " has the id " + std::to_string(token.id) + " here and " +
                                std::to_string(*id) + " in the vocabulary",
                            at(here), kDamaged};
            }
        } else {
            makeRoom(token.id, here);
            place(token.content, token.id, here);
            m_onlyAdded.insert(token.id);
        }
        if (m_isAdded.size() <= token.id) m_isAdded.resize(token.id + std::size_t{1});
        m_isAdded[token.id] = true;
        if (token.special) markSpecial(token.id);
    }
    parts.added = AddedTokens(std::move(tokens));
}

std::optional<std::uint32_t> BpeBuilder::find(std::string_view spelling) const {
    const auto found = m_ids.find(spelling);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

void BpeBuilder::setEnds(const TokenizerConfig& config) {
    const auto named = [&](const std::string& spelling, const char* key) {
        if (const auto id = find(spelling)) {
            markSpecial(*id);
            return TokenId(*id);
        }
        throw Error{"The " + std::string(key) + " is " + inQuotes(spelling) + ", which is not in the vocabulary", config.where + ": " + key,
                    "Use the tokenizer_config.json that belongs to this tokenizer"};
    };
    const auto special = [&](const char* spelling) -> std::optional<TokenId> {
        const auto id = find(spelling);
        return id && parts.tokens[*id].special ? std::optional(TokenId(*id)) : std::nullopt;
    };
    parts.endTokens.clear();
    if (config.eos) {
        parts.endTokens.push_back(named(*config.eos, "eos_token"));
    } else {
        for (const char* spelling : kEndNames) {
            if (const auto id = special(spelling)) parts.endTokens.push_back(*id);
        }
    }
    if (config.bos) {
        parts.beginToken = named(*config.bos, "bos_token");
    } else if (!parts.beginning.empty()) {
        parts.beginToken = parts.beginning.front();
    } else {
        for (const char* spelling : kBeginNames) {
            if (!parts.beginToken) parts.beginToken = special(spelling);
        }
    }
}

}  // namespace loom
