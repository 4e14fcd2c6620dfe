// SPDX-License-Identifier: GPL-3.0-or-later
// Words: a text cut into words and sentences, the way the scorecard counts them.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace loom {

/// Letters, digits and what stands inside words: an apostrophe between letters. Letters outside ASCII belong to words, punctuation outside
/// ASCII (curly quotes, dashes, dots) does not. ASCII is put in lower case, a curly apostrophe becomes a straight one. `text` is UTF-8.
[[nodiscard]] std::vector<std::string> wordsOf(std::string_view text);

/// Sentences: what ends with ., ! or ? and the closing quotes behind it, or with the text. Pieces without a word are left out.
[[nodiscard]] std::vector<std::vector<std::string>> sentencesOf(std::string_view text);

using WordSet = std::unordered_set<std::string>;
/// The distinct words of a text: a word list, a word a line, or any prose.
[[nodiscard]] WordSet wordSet(std::string_view text);

/// Words that carry a sentence but say nothing of what it is about ("the", "and", "was", …).
[[nodiscard]] bool isFunctionWord(std::string_view word);

}  // namespace loom
