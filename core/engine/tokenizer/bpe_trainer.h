// SPDX-License-Identifier: GPL-3.0-or-later
// Training a byte-level BPE tokenizer: which pairs of tokens become one, learnt from text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/engine/tokenizer/split_pattern.h"

namespace loom {

inline constexpr const char* kEndOfTextToken = "<|endoftext|>";  ///< id 0: begins a story, ends it, and stands between two
inline constexpr const char* kPaddingToken = "<|pad|>";          ///< id 1
inline constexpr std::int64_t kSmallestBpeVocabulary = 2 + 256;  ///< the specials and one token for each byte
inline constexpr std::int64_t kLargestBpeVocabulary = std::int64_t{1} << 19;

struct BpeTrainerOptions {
    std::int64_t vocab = 4096;  ///< tokens in all, specials and bytes included
    /// ASCII texts that separate records. They are never counted.
    std::vector<std::string> separators = {kEndOfTextToken, kPaddingToken};
    std::int64_t minFrequency = 0;  ///< pairs that are rarer stay two tokens
};

/// What was learnt: 0 end of text, 1 padding, 2 to 257 the bytes by the code point that spells them, then the merges in order.
struct BpeVocabulary {
    std::vector<std::string> spellings;                           // by id
    std::vector<std::pair<std::uint32_t, std::uint32_t>> merges;  // first come, first merged
};

struct BpeProgress {
    enum class Phase { Reading, Merging };
    Phase phase = Phase::Reading;
    std::int64_t done = 0;   ///< bytes of the text while reading, tokens while merging
    std::int64_t total = 0;  ///< the same unit
};
/// Called on the calling thread, at most once for each MiB of text and each merge.
using BpeProgressCallback = std::function<void(const BpeProgress&)>;

/// Counts words as GPT-2 cuts them, then merges the most frequent pair again and again (of equally frequent ones that with the
/// smaller ids). The merges are those of the `tokenizers` package for the same records. For one thread at a time.
class BpeTrainer {
public:
    /// Throws Error for a vocabulary outside [kSmallestBpeVocabulary, kLargestBpeVocabulary], a negative minimum frequency
    /// or a separator that is empty, long or not ASCII.
    explicit BpeTrainer(BpeTrainerOptions options);

    /// Counts the words of one or more records; the end of `text` ends a record. Records of more than 4 MiB are counted in pieces,
    /// cut between two words; only where 4 MiB hold no space between ASCII characters is a word cut in two.
    /// Throws Error with the byte offset for bytes that are no text (no UTF-8, or a zero byte), and when stopped.
    void add(std::string_view text, const BpeProgressCallback& progress = {}, const std::stop_token& stop = {});
    [[nodiscard]] std::int64_t distinctWords() const { return static_cast<std::int64_t>(m_words.size()); }

    /// Learns the merges; fewer than asked for where the words hold no more pairs. Looks at `stop` before each merge.
    /// Throws Error when nothing was added, and when stopped.
    [[nodiscard]] BpeVocabulary train(const BpeProgressCallback& progress = {}, const std::stop_token& stop = {}) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    void count(std::string_view piece);

    BpeTrainerOptions m_options;
    std::string m_firstBytes;  // of the separators
    SplitPattern m_pattern;
    std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> m_words;
};

/// Writes tokenizer.json and tokenizer_config.json into `folder`, which is created if it is not there. Each appears whole or not at all,
/// tokenizer.json last. Files of these names are replaced. Throws Error naming what could not be written.
void writeTokenizer(const std::filesystem::path& folder, const BpeVocabulary& vocabulary);

}  // namespace loom
