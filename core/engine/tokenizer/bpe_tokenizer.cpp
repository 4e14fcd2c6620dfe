// SPDX-License-Identifier: GPL-3.0-or-later
// BPE: added tokens, normalizer, words, then merges by rank; and back to text.
#include "core/engine/tokenizer/bpe_tokenizer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/tokenizer/byte_alphabet.h"
#include "core/engine/tokenizer/tokenizer_errors.h"
#include "core/engine/tokenizer/utf8_text.h"
#include "core/engine/tokenizer/word_cache.h"

namespace loom {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";
constexpr std::size_t kMostGrowth = 16;

std::string spelled(std::string_view bytes) {
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char c : bytes) out += spellingOfByte(static_cast<unsigned char>(c));
    return out;
}

}  // namespace

const SplitPattern& gpt2Pattern() {
    static const SplitPattern pattern(kGpt2Pattern, "GPT-2's pattern");
    return pattern;
}

int spelledByte(std::string_view text) {
    if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return -1;
    int value = -1;
    const auto [end, problem] = std::from_chars(text.data() + 3, text.data() + 5, value, 16);
    return problem == std::errc{} && end == text.data() + 5 ? value : -1;
}

std::string decodedSpelling(const BpeDecoding& decoding, std::string_view spelling, bool atStart, const std::string& where) {
    std::string now(spelling);
    for (const BpeDecoding::Replace& step : decoding.replaces) {
        std::string out;
        for (std::size_t at = 0;;) {
            const std::size_t found = now.find(step.from, at);
            out.append(now, at, found == std::string::npos ? found : found - at);
            if (found == std::string::npos) break;
            if (!atStart || !step.droppedAtStart) out += step.to;
            at = found + step.from.size();
        }
        if (out.size() > kMostGrowth * (spelling.size() + 16)) {
            throw Error{"The decoder makes the token " + inQuotes(spelling) + " more than 16 times as long", where,
                        "The tokenizer.json is damaged, or made to do harm; use another"};
        }
        now = std::move(out);
    }
    return now;
}

/// One text on its way to ids; owns what is only needed meanwhile, so that the tokenizer itself stays immutable.
class BpeTokenizer::Encoding {
public:
    Encoding(const BpeTokenizer& tokenizer, std::size_t bytes, bool continued)
        : m_tokenizer(tokenizer), m_parts(tokenizer.m_parts), m_deadline(bytes), m_cache(bytes), m_continued(continued) {
        for (std::size_t i = 0; i + 1 < m_parts.steps.size(); ++i) {
            if (std::holds_alternative<ByteLevelStep>(m_parts.steps[i])) m_spelled = true;
        }
    }

    void add(std::string_view text) {
        m_parts.added.splitGiven(
            text, [this](std::string_view stretch) { addStretch(stretch); }, [this](const AddedToken& token) { addToken(token); });
    }
    TokenIds take() { return std::move(m_ids); }

private:
    void addToken(const AddedToken& token) {
        m_ids.emplace_back(token.id);
        m_atStart = false;
    }
    void addStretch(std::string_view stretch) {
        std::string normalized;
        if (m_parts.normalizer.steps() > 0) {
            normalized = m_parts.normalizer.apply(stretch, m_atStart && m_continued, m_deadline);
            stretch = normalized;
        }
        m_parts.added.splitNormalized(
            stretch,
            [this](std::string_view text) {
                addPiece(text, 0, m_atStart);
                m_atStart = false;
            },
            [this](const AddedToken& token) { addToken(token); });
        m_atStart = false;
    }

    /// `first`: the piece stands at the very beginning of the whole text.
    void addPiece(std::string_view piece, std::size_t step, bool first) {
        if (piece.empty()) return;
        if (step == m_parts.steps.size()) return addWord(piece);
        std::visit([&](const auto& how) { apply(how, piece, step + 1, first); }, m_parts.steps[step]);
    }
    void apply(const SplitStep& how, std::string_view text, std::size_t next, bool first) {
        for (const std::string_view piece : splitText(text, how.pattern, how.behaviour, how.invert, m_deadline))
            addPiece(piece, next, first && piece.data() == text.data());
    }
    void apply(const ByteLevelStep& how, std::string_view text, std::size_t next, bool first) {
        std::string prefixed;
        if (how.addPrefixSpace && !text.starts_with(' ') && !(first && m_continued)) {
            prefixed.reserve(text.size() + 1);
            prefixed += ' ';
            prefixed += text;
            text = prefixed;
        }
        const auto add = [&](std::string_view piece) {
            if (m_spelled) {
                addPiece(spelled(piece), next, first && piece.data() == text.data());
            } else {
                addWord(piece);
            }
        };
        if (!how.pattern) return add(text);
        for (const std::string_view piece : splitText(text, *how.pattern, SplitBehaviour::Isolated, false, m_deadline)) add(piece);
    }
    void apply(const MetaspaceStep& how, std::string_view text, std::size_t next, bool first) {
        std::string marked;
        marked.reserve(text.size() + text.size() / 2);
        for (const char c : text) {
            if (c == ' ') {
                marked += how.replacement;
            } else {
                marked += c;
            }
        }
        const bool wanted = how.prepend == MetaspaceStep::Prepend::Always || (how.prepend == MetaspaceStep::Prepend::First && first);
        if (wanted && !(first && m_continued) && !marked.starts_with(how.replacement)) marked.insert(0, how.replacement);
        if (!how.split) return addPiece(marked, next, first);
        const std::string_view whole = marked;
        for (std::size_t at = 0; at < whole.size();) {  // each mark begins a piece
            const std::size_t end = std::min(whole.find(how.replacement, at + 1), whole.size());
            addPiece(whole.substr(at, end - at), next, first && at == 0);
            at = end;
        }
    }

    void addWord(std::string_view word) {
        std::string unspelled;
        if (m_spelled) {
            unspelled = bytesOfSpelling(word).value_or(std::string(word));
            word = unspelled;
        }
        if (!m_parts.wholeWords.empty()) {
            if (const auto whole = m_parts.wholeWords.find(std::string(word)); whole != m_parts.wholeWords.end()) {
                m_ids.emplace_back(whole->second);
                return;
            }
        }
        if (m_parts.alphabet == BpeParts::Alphabet::Characters) return addCharacters(word);
        cached(word, [&] {
            m_symbols.clear();
            addBytes(word);
            merge();
        });
    }
    template <class Work>
    void cached(std::string_view word, const Work& work) {
        if (word.size() > WordCache::kLongestWord) return work();
        if (m_cache.append(word, m_ids)) return;
        const std::size_t first = m_ids.size();
        work();
        m_cache.remember(word, m_ids, first);
    }
    void merge() {
        mergeSymbols(m_symbols, [this](std::uint32_t left, std::uint32_t right) -> std::optional<Merge> {
            const Merge* found = m_parts.merges.find(left, right);
            return found == nullptr ? std::nullopt : std::optional(*found);
        });
        for (const std::uint32_t symbol : m_symbols) m_ids.emplace_back(symbol);
    }
    [[noreturn]] static void failUnknown(std::string_view text) {
        throw Error{"The tokenizer has no token for what is in " + inQuotes(text), "text",
                    "Its vocabulary does not know one of these characters; leave it out"};
    }

    void addBytes(std::string_view word) {
        bool fusing = false;
        for (const char c : word) {
            const std::int64_t id = m_parts.byteIds[static_cast<unsigned char>(c)];
            if (id >= 0) {
                m_symbols.push_back(static_cast<std::uint32_t>(id));
            } else if (!m_parts.unknown) {
                failUnknown(word);
            } else if (!fusing || !m_parts.fuseUnknown) {
                m_symbols.push_back(*m_parts.unknown);
            }
            fusing = id < 0;
        }
    }

    void addCharacters(std::string_view word) {
        m_all.clear();
        characterSymbols(word);
        std::size_t start = 0;
        for (std::size_t i = 1; i <= m_all.size(); ++i) {
            if (i < m_all.size() && m_tokenizer.joins(m_all[i - 1], m_all[i])) continue;
            addRun(start, i);
            start = i;
        }
    }
    /// Symbols [start, end) of m_all, which nothing joins to their neighbours.
    void addRun(std::size_t start, std::size_t end) {
        if (end - start == 1) {
            m_ids.emplace_back(m_all[start]);
            return;
        }
        const std::string_view key(reinterpret_cast<const char*>(m_all.data() + start), sizeof(std::uint32_t) * (end - start));
        cached(key, [&] {
            m_symbols.assign(m_all.begin() + static_cast<std::ptrdiff_t>(start), m_all.begin() + static_cast<std::ptrdiff_t>(end));
            merge();
        });
    }
    void characterSymbols(std::string_view word) {
        bool pending =
            false;  // as in `tokenizers`: an unknown token stands after the bytes that follow it, unless a known character comes first
        for (std::size_t at = 0; at < word.size();) {
            const std::size_t end = characterEnd(word, at);
            const std::int64_t known = m_tokenizer.characterToken(codePointAt(word, at));
            if (known >= 0) {
                if (pending) m_all.push_back(*m_parts.unknown);
                pending = false;
                m_all.push_back(static_cast<std::uint32_t>(known));
            } else if (!addFallback(word.substr(at, end - at))) {
                if (!m_parts.unknown) failUnknown(word.substr(at, end - at));
                if (pending && !m_parts.fuseUnknown) m_all.push_back(*m_parts.unknown);
                pending = true;
            }
            at = end;
        }
        if (pending) m_all.push_back(*m_parts.unknown);
    }
    bool addFallback(std::string_view character) {
        if (!m_parts.byteFallback) return false;
        const auto id = [&](char c) { return m_parts.byteIds[static_cast<unsigned char>(c)]; };
        if (!std::all_of(character.begin(), character.end(), [&](char c) { return id(c) >= 0; })) return false;
        for (const char c : character) m_all.push_back(static_cast<std::uint32_t>(id(c)));
        return true;
    }

    const BpeTokenizer& m_tokenizer;
    const BpeParts& m_parts;
    PatternDeadline m_deadline;
    WordCache m_cache;
    bool m_continued;
    bool m_spelled = false;  // steps after ByteLevel look at spellings
    bool m_atStart = true;
    std::vector<std::uint32_t> m_all;
    std::vector<std::uint32_t> m_symbols;
    TokenIds m_ids;
};

BpeTokenizer::BpeTokenizer(BpeParts parts) : m_parts(std::move(parts)) {
    if (m_parts.alphabet == BpeParts::Alphabet::Bytes) return;
    m_ascii.fill(-1);
    m_edges.resize(m_parts.tokens.size());
    for (std::uint32_t id = 0; id < m_parts.tokens.size(); ++id) {
        const std::string& spelling = m_parts.tokens[id].spelling;
        if (spelling.empty()) continue;
        m_edges[id] = {codePointAt(spelling, 0) + 1, codePointAt(spelling, characterBefore(spelling, spelling.size())) + 1};
        if (characterEnd(spelling, 0) != spelling.size()) continue;
        const char32_t point = codePointAt(spelling, 0);
        if (point < m_ascii.size()) {
            m_ascii[point] = id;
        } else {
            m_characters.emplace(point, id);
        }
    }
    m_parts.merges.forEach(
        [this](std::uint32_t left, std::uint32_t right, const Merge&) { m_meeting.set(m_edges[left].last, m_edges[right].first, true); });
}

std::int64_t BpeTokenizer::characterToken(char32_t point) const {
    if (point < m_ascii.size()) return m_ascii[point];
    const auto found = m_characters.find(point);
    return found == m_characters.end() ? -1 : static_cast<std::int64_t>(found->second);
}

bool BpeTokenizer::joins(std::uint32_t left, std::uint32_t right) const {
    const char32_t last = m_edges[left].last;
    const char32_t first = m_edges[right].first;
    return last == 0 || first == 0 || m_meeting.find(last, first) != nullptr;  // a token without a spelling could meet anything
}

std::string BpeTokenizer::kind() const {
    return m_parts.alphabet == BpeParts::Alphabet::Bytes ? "byte-level BPE" : m_parts.byteFallback ? "byte-fallback BPE" : "character BPE";
}

TokenIds BpeTokenizer::encoded(std::string_view text, bool continued) const {
    requireUtf8(text);
    Encoding encoding(*this, text.size(), continued);
    encoding.add(text);
    return encoding.take();
}

const BpeParts::Token& BpeTokenizer::token(TokenId id) const {
    if (id.value() < 0 || id.value() >= vocabularySize() || !m_parts.tokens[id.index()].exists) failTokenOutOfRange(id, vocabularySize());
    return m_parts.tokens[id.index()];
}

std::string BpeTokenizer::bytesAtStart(const BpeParts::Token& found) const {
    if (found.byte >= 0) return found.bytes;
    const BpeDecoding& decoding = m_parts.decoding;
    const bool drops =
        std::any_of(decoding.replaces.begin(), decoding.replaces.end(), [](const auto& step) { return step.droppedAtStart; });
    return drops ? decodedSpelling(decoding, found.spelling, true, "token") : found.bytes;
}

namespace {

void strip(const BpeDecoding& decoding, std::string& text) {
    if (decoding.stripped.empty()) return;
    std::size_t at = 0;
    for (std::int64_t i = 0; i < decoding.mostStripped && text.compare(at, decoding.stripped.size(), decoding.stripped) == 0; ++i)
        at += decoding.stripped.size();
    text.erase(0, at);
}

}  // namespace

std::string BpeTokenizer::bytes(TokenId id, std::optional<TokenId> previous) const {
    const BpeParts::Token& found = token(id);
    if (found.special) return {};
    if (previous && previous != m_parts.beginToken) return found.bytes;
    std::string text = bytesAtStart(found);
    strip(m_parts.decoding, text);
    return text;
}

std::string BpeTokenizer::decode(std::span<const TokenId> ids) const {
    std::string text;
    std::string run;  // bytes that stand side by side
    bool first = true;
    const auto endRun = [&] {  // one that is no text is replaced byte by byte, as in `tokenizers`
        if (!firstInvalidUtf8(run)) {
            text += run;
        } else {
            for (std::size_t i = 0; i < run.size(); ++i) text += kReplacementCharacter;
        }
        run.clear();
    };
    for (const TokenId id : ids) {
        const BpeParts::Token& found = token(id);
        if (found.special) continue;
        if (found.byte >= 0) {
            run += static_cast<char>(found.byte);
        } else {
            if (!run.empty()) endRun();
            text += first ? bytesAtStart(found) : found.bytes;
        }
        first = false;
    }
    endRun();
    strip(m_parts.decoding, text);
    return repairedUtf8(text);
}

std::optional<std::string> BpeTokenizer::specialName(TokenId id) const {
    const BpeParts::Token& found = token(id);
    if (!found.special) return std::nullopt;
    return found.spelling;
}

}  // namespace loom
