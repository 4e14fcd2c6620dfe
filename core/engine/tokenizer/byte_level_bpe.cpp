// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-level BPE: added tokens, then words, then merges by rank.
#include "core/engine/tokenizer/byte_level_bpe.h"

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/tokenizer/tokenizer_errors.h"

namespace loom {
namespace {

constexpr std::size_t kCachedWordBytes = 48;
constexpr std::size_t kCachedWords = 65536;

}  // namespace

/// One text on its way to ids; owns what is only needed meanwhile, so that the tokenizer itself stays immutable.
class ByteLevelBpe::Encoding {
public:
    Encoding(const BpeParts& parts, std::size_t bytes) : m_parts(parts), m_deadline(bytes) {}

    void addToken(std::uint32_t id) { m_ids.emplace_back(id); }
    void addText(std::string_view text) { addText(text, 0); }
    TokenIds take() { return std::move(m_ids); }

private:
    void addText(std::string_view text, std::size_t split) {
        if (split == m_parts.splits.size()) {
            addPrefixed(text);
            return;
        }
        const BpeParts::Split& step = m_parts.splits[split];
        for (const std::string_view piece : splitText(text, step.pattern, step.behaviour, step.invert, m_deadline))
            addText(piece, split + 1);
    }

    void addPrefixed(std::string_view text) {
        std::string prefixed;
        if (m_parts.addPrefixSpace && !text.starts_with(' ')) {
            prefixed = " ";
            prefixed += text;
            text = prefixed;
        }
        if (!m_parts.wordPattern) {
            addWord(text);
            return;
        }
        for (const std::string_view word : splitText(text, *m_parts.wordPattern, SplitBehaviour::Isolated, false, m_deadline))
            addWord(word);
    }

    void addWord(std::string_view word) {
        std::string key;
        if (word.size() <= kCachedWordBytes) {
            key = word;
            if (const auto known = m_words.find(key); known != m_words.end()) {
                m_ids.insert(m_ids.end(), known->second.begin(), known->second.end());
                return;
            }
        }
        const std::size_t before = m_ids.size();
        mergeWord(word);
        if (!key.empty() && m_words.size() < kCachedWords) {
            m_words.emplace(std::move(key), TokenIds(m_ids.begin() + static_cast<std::ptrdiff_t>(before), m_ids.end()));
        }
    }

    void mergeWord(std::string_view word) {
        if (!m_parts.wholeWords.empty()) {
            if (const auto whole = m_parts.wholeWords.find(std::string(word)); whole != m_parts.wholeWords.end()) {
                m_ids.emplace_back(whole->second);
                return;
            }
        }
        std::vector<std::uint32_t> symbols;
        symbols.reserve(word.size());
        bool fusing = false;
        for (const char c : word) {
            const std::int64_t id = m_parts.byteIds[static_cast<unsigned char>(c)];
            if (id >= 0) {
                symbols.push_back(static_cast<std::uint32_t>(id));
            } else if (!m_parts.unknown) {
                throw Error{"The tokenizer has no token for a byte of " + inQuotes(word), "text",
                            "Its vocabulary does not know this character; leave it out"};
            } else if (!fusing || !m_parts.fuseUnknown) {
                symbols.push_back(*m_parts.unknown);
            }
            fusing = id < 0;
        }
        mergeSymbols(symbols, [this](std::uint32_t left, std::uint32_t right) -> std::optional<Merge> {
            const auto found = m_parts.merges.find(std::uint64_t{left} << 32 | right);
            if (found == m_parts.merges.end()) return std::nullopt;
            return found->second;
        });
        for (const std::uint32_t symbol : symbols) m_ids.emplace_back(symbol);
    }

    const BpeParts& m_parts;
    PatternDeadline m_deadline;
    std::unordered_map<std::string, TokenIds> m_words;
    TokenIds m_ids;
};

TokenIds ByteLevelBpe::encode(std::string_view text) const {
    requireUtf8(text);
    Encoding encoding(m_parts, text.size());
    m_parts.added.split(
        text, [&](std::string_view stretch) { encoding.addText(stretch); }, [&](const AddedToken& found) { encoding.addToken(found.id); });
    return encoding.take();
}

const BpeParts::Token& ByteLevelBpe::token(TokenId id) const {
    if (id.value() < 0 || id.value() >= vocabularySize() || !m_parts.tokens[id.index()].exists) failTokenOutOfRange(id, vocabularySize());
    return m_parts.tokens[id.index()];
}

std::string ByteLevelBpe::bytes(TokenId id, std::optional<TokenId>) const {
    const BpeParts::Token& found = token(id);
    return found.special ? std::string() : found.bytes;
}

std::optional<std::string> ByteLevelBpe::specialName(TokenId id) const {
    const BpeParts::Token& found = token(id);
    if (!found.special) return std::nullopt;
    return found.spelling;
}

}  // namespace loom
