// SPDX-License-Identifier: GPL-3.0-or-later
// What a tokenizer.json does to a text before it is cut into words: prepend, replace, Unicode normalization forms.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/tokenizer/split_pattern.h"

namespace loom {

/// Unicode Standard Annex #15, by utf8proc.
enum class UnicodeForm { Nfc, Nfd, Nfkc, Nfkd };

/// Steps one after the other. Immutable once built, and thread-safe.
class TextNormalizer {
public:
    void addPrepend(std::string text);
    void addReplace(SplitPattern pattern, std::string by);
    void addReplace(std::string literal, std::string by);
    void addForm(UnicodeForm form);
    [[nodiscard]] std::size_t steps() const { return m_steps.size(); }
    /// Whether a Prepend step is there: what the tokenizer puts before the first word.
    [[nodiscard]] bool prepends() const;

    /// `continued`: the text goes on from an earlier one, so nothing is put before it. `text` is valid UTF-8, and so is the result.
    /// Throws Error when it grows beyond measure or a pattern needs too many steps.
    [[nodiscard]] std::string apply(std::string_view text, bool continued, const PatternDeadline& deadline) const;

private:
    struct Step {
        enum class Kind { Prepend, Replace, ReplaceLiteral, Form };
        Kind kind = Kind::Prepend;
        std::string text;     // what is put in
        std::string literal;  // what ReplaceLiteral looks for
        std::optional<SplitPattern> pattern;
        UnicodeForm form = UnicodeForm::Nfc;
    };
    std::vector<Step> m_steps;
};

}  // namespace loom
