// SPDX-License-Identifier: GPL-3.0-or-later
// Cutting text into words by a regular expression, as the pre-tokenizers of tokenizer.json do.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

/// What becomes of the text that the pattern matches.
enum class SplitBehaviour { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// Ends work that a hostile pattern makes endless: ten seconds and one more for each MiB of text.
class PatternDeadline {
public:
    explicit PatternDeadline(std::size_t bytes)
        : m_end(std::chrono::steady_clock::now() + std::chrono::seconds(10 + static_cast<long>(bytes >> 20))) {}
    [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() > m_end; }

private:
    std::chrono::steady_clock::time_point m_end;
};

/// A compiled pattern. Immutable and thread-safe.
class SplitPattern {
public:
    struct Span {
        std::size_t start = 0;
        std::size_t end = 0;
        bool matched = false;
    };

    /// Oniguruma syntax. Throws Error naming `where` for a pattern that is wrong, too long or not supported.
    SplitPattern(std::string_view pattern, const std::string& where);
    /// A pattern that matches `text` itself.
    [[nodiscard]] static SplitPattern literal(std::string_view text, const std::string& where);

    /// Matches and what lies between them; together they cover `text`, which is valid UTF-8.
    /// Throws Error if the pattern needs too many steps.
    [[nodiscard]] std::vector<Span> spans(std::string_view text, const PatternDeadline& deadline) const;

private:
    struct Code;
    SplitPattern() = default;
    void compile(const std::string& pcre);

    std::shared_ptr<const Code> m_code;
    std::string m_where;
};

/// The pieces of `text` after one split, none of them empty. `invert` swaps what is matched and what is not.
[[nodiscard]] std::vector<std::string_view> splitText(std::string_view text, const SplitPattern& pattern, SplitBehaviour behaviour,
                                                      bool invert, const PatternDeadline& deadline);

}  // namespace loom
