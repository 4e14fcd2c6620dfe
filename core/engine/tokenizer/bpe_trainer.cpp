// SPDX-License-Identifier: GPL-3.0-or-later
// Counting words for a byte-level BPE tokenizer, and learning its merges with counts that are kept up to date.
#include "core/engine/tokenizer/bpe_trainer.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/tokenizer/bpe_parts.h"
#include "core/engine/tokenizer/byte_alphabet.h"

namespace loom {
namespace {

constexpr std::size_t kPiece = std::size_t{4} << 20;
constexpr std::size_t kLongestSeparator = 256;

[[noreturn]] void failStopped() { throw Error{"The training of the tokenizer was cancelled", {}, {}}; }

bool isInk(char c) { return c > 0x20 && c < 0x7F; }  // ASCII that can be seen

/// Where a long text may be cut: before a space or newline between two visible ASCII characters, where GPT-2's pattern always ends a
/// word. Without such a place, between two characters.
std::size_t cutPlace(std::string_view text) {
    for (std::size_t at = text.size() - 2; at > 0; --at) {
        if ((text[at] == ' ' || text[at] == '\n') && isInk(text[at - 1]) && isInk(text[at + 1])) return at;
    }
    std::size_t at = text.size();
    while (at > text.size() - 3 && (static_cast<unsigned char>(text[at - 1]) & 0xC0) == 0x80) --at;
    return at - 1;  // before the character that may be incomplete
}

struct PairHash {
    std::size_t operator()(std::uint64_t pair) const noexcept {
        pair *= 0x9E3779B97F4A7C15U;
        return static_cast<std::size_t>(pair ^ (pair >> 32));
    }
};

/// The words as rows of token ids, and how often each pair stands in them.
class PairTable {
public:
    struct Candidate {
        std::int64_t count = 0;
        std::uint64_t pair = 0;
        std::vector<std::uint32_t> words;  // that may hold the pair
        /// For a heap with the most frequent pair on top, of equals that with the smallest ids.
        bool operator<(const Candidate& other) const { return count != other.count ? count < other.count : pair > other.pair; }
    };

    void addWord(std::span<const std::uint32_t> symbols, std::int64_t count) {
        m_words.push_back({m_symbols.size(), symbols.size(), count});
        m_symbols.insert(m_symbols.end(), symbols.begin(), symbols.end());
        const auto word = static_cast<std::uint32_t>(m_words.size() - 1);
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) change(symbols[i], symbols[i + 1], word, +1);
    }
    [[nodiscard]] std::int64_t countOf(std::uint64_t pair) const { return m_counts.at(pair); }
    /// The pairs that appeared since the last call, onto the heap.
    void moveNewPairs(std::vector<Candidate>& heap) {
        for (auto& [pair, words] : m_appeared) {
            const std::int64_t count = m_counts.at(pair);
            if (count <= 0) continue;
            heap.push_back({count, pair, std::move(words)});
            std::push_heap(heap.begin(), heap.end());
        }
        m_appeared.clear();
    }
    void merge(const Candidate& candidate, std::uint32_t replacement) {
        const auto left = static_cast<std::uint32_t>(candidate.pair >> 32);
        const auto right = static_cast<std::uint32_t>(candidate.pair);
        for (const std::uint32_t word : candidate.words) mergeIn(word, left, right, replacement);
    }

private:
    struct Word {
        std::size_t start = 0;
        std::size_t size = 0;
        std::int64_t count = 0;
    };

    void change(std::uint32_t left, std::uint32_t right, std::uint32_t word, int sign) {
        const std::uint64_t pair = std::uint64_t{left} << 32 | right;
        m_counts[pair] += sign * m_words[word].count;
        if (sign < 0) return;
        std::vector<std::uint32_t>& words = m_appeared[pair];
        if (words.empty() || words.back() != word) words.push_back(word);  // a word's changes come one after the other
    }
    void mergeIn(std::uint32_t index, std::uint32_t left, std::uint32_t right, std::uint32_t replacement) {
        Word& word = m_words[index];
        const std::span<std::uint32_t> s(m_symbols.data() + word.start, word.size);
        std::size_t kept = 0;
        for (std::size_t at = 0; at < s.size(); ++at) {
            if (at + 1 >= s.size() || s[at] != left || s[at + 1] != right) {
                s[kept++] = s[at];
                continue;
            }
            if (kept > 0) {
                change(s[kept - 1], left, index, -1);
                change(s[kept - 1], replacement, index, +1);
            }
            ++at;
            s[kept++] = replacement;
            if (at + 1 < s.size()) {
                change(right, s[at + 1], index, -1);
                change(replacement, s[at + 1], index, +1);
            }
        }
        word.size = kept;
    }

    std::vector<std::uint32_t> m_symbols;
    std::vector<Word> m_words;
    std::unordered_map<std::uint64_t, std::int64_t, PairHash> m_counts;
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>, PairHash> m_appeared;
};

struct Alphabet {
    std::vector<std::string> spellings;     // the first 258 tokens
    std::array<std::uint32_t, 256> idOf{};  // by byte
};

Alphabet firstTokens() {
    Alphabet out;
    out.spellings = {kEndOfTextToken, kPaddingToken};
    std::array<unsigned char, 256> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
    // UTF-8 sorts as the code points do.
    std::sort(bytes.begin(), bytes.end(), [](unsigned char a, unsigned char b) { return spellingOfByte(a) < spellingOfByte(b); });
    for (const unsigned char byte : bytes) {
        out.idOf[byte] = static_cast<std::uint32_t>(out.spellings.size());
        out.spellings.push_back(spellingOfByte(byte));
    }
    return out;
}

}  // namespace

BpeTrainer::BpeTrainer(BpeTrainerOptions options) : m_options(std::move(options)), m_pattern(kGpt2Pattern, "GPT-2's pattern") {
    if (m_options.vocab < kSmallestBpeVocabulary || m_options.vocab > kLargestBpeVocabulary) {
        throw Error{"A vocabulary of " + std::to_string(m_options.vocab) + " tokens cannot be trained", "vocab",
                    "Choose from " + std::to_string(kSmallestBpeVocabulary) + " (two specials and 256 bytes) to " +
                        std::to_string(kLargestBpeVocabulary)};
    }
    if (m_options.minFrequency < 0) throw Error{"The minimum frequency is negative", "minFrequency", "Choose 0 or more"};
    for (const std::string& separator : m_options.separators) {
        const bool ascii = std::all_of(separator.begin(), separator.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        if (separator.empty() || separator.size() > kLongestSeparator || !ascii) {
            throw Error{"A separator is empty, not ASCII or longer than 256 bytes", "separators", {}};
        }
        m_firstBytes += separator.front();
    }
}

void BpeTrainer::add(std::string_view text, const BpeProgressCallback& progress, const std::stop_token& stop) {
    std::size_t reported = 0;
    for (std::size_t from = 0; from < text.size();) {
        if (stop.stop_requested()) failStopped();
        const bool last = text.size() - from <= kPiece;
        const std::string_view window = text.substr(from, last ? std::string_view::npos : kPiece + kLongestSeparator);
        std::size_t end = std::string_view::npos;
        std::size_t skipped = 0;
        for (std::size_t at = window.find_first_of(m_firstBytes); at != std::string_view::npos && skipped == 0;) {
            for (const std::string& separator : m_options.separators) {
                if (window.substr(at).starts_with(separator)) skipped = std::max(skipped, separator.size());
            }
            end = skipped > 0 ? at : end;
            at = window.find_first_of(m_firstBytes, at + 1);
        }
        if (skipped == 0) end = last ? window.size() : cutPlace(window.substr(0, kPiece));
        const std::string_view piece = window.substr(0, end);
        const std::optional<std::size_t> invalid = firstInvalidUtf8(piece);
        const std::size_t zero = piece.find('\0');
        if (invalid || zero != std::string_view::npos) {
            const std::size_t at = std::min(invalid.value_or(piece.size()), zero);
            throw Error{(at == zero ? "The data is no text: there is a zero byte at byte " : "The text is not UTF-8 at byte ") +
                            std::to_string(from + at),
                        {},
                        at == zero ? "Choose a text file" : "Convert it, for example with iconv -t UTF-8"};
        }
        count(piece);
        from += end + skipped;
        if (progress && (from - reported >= kPiece / 4 || from == text.size())) {
            reported = from;
            progress({BpeProgress::Phase::Reading, static_cast<std::int64_t>(from), static_cast<std::int64_t>(text.size())});
        }
    }
}

void BpeTrainer::count(std::string_view piece) {
    for (const SplitPattern::Span& span : m_pattern.spans(piece, PatternDeadline(piece.size()))) {
        const std::string_view word = piece.substr(span.start, span.end - span.start);
        const auto found = m_words.find(word);
        if (found != m_words.end())
            ++found->second;
        else
            m_words.emplace(word, 1);
    }
}

BpeVocabulary BpeTrainer::train(const BpeProgressCallback& progress, const std::stop_token& stop) const {
    if (m_words.empty()) throw Error{"There is no text to train a tokenizer on", {}, "Choose a file with text between the separators"};
    Alphabet alphabet = firstTokens();
    PairTable table;
    std::vector<std::uint32_t> symbols;
    for (const auto& [word, count] : m_words) {
        symbols.clear();
        for (const char c : word) symbols.push_back(alphabet.idOf[static_cast<unsigned char>(c)]);
        table.addWord(symbols, count);
    }
    std::vector<PairTable::Candidate> heap;
    table.moveNewPairs(heap);

    BpeVocabulary out{std::move(alphabet.spellings), {}};
    const auto size = [&] { return static_cast<std::int64_t>(out.spellings.size()); };
    while (size() < m_options.vocab && !heap.empty()) {
        if (stop.stop_requested()) failStopped();
        std::pop_heap(heap.begin(), heap.end());
        PairTable::Candidate top = std::move(heap.back());
        heap.pop_back();
        if (const std::int64_t now = table.countOf(top.pair); now != top.count) {  // other merges took some of it
            top.count = now;
            heap.push_back(std::move(top));
            std::push_heap(heap.begin(), heap.end());
            continue;
        }
        if (top.count < std::max<std::int64_t>(1, m_options.minFrequency)) break;
        const auto left = static_cast<std::uint32_t>(top.pair >> 32);
        const auto right = static_cast<std::uint32_t>(top.pair);
        table.merge(top, static_cast<std::uint32_t>(out.spellings.size()));
        // No spelling comes twice: wherever both its ends are left alone, the merges so far have made the same pair of it.
        out.spellings.push_back(out.spellings[left] + out.spellings[right]);
        out.merges.emplace_back(left, right);
        table.moveNewPairs(heap);
        if (progress) progress({BpeProgress::Phase::Merging, size(), m_options.vocab});
    }
    return out;
}

}  // namespace loom
