// SPDX-License-Identifier: GPL-3.0-or-later
// Regular expressions as tokenizer.json files write them (Oniguruma, Ruby flavour) in the words of PCRE2.
#pragma once

#include <string>
#include <string_view>

namespace loom {

/// The same pattern for PCRE2 with UTF, UCP and MULTILINE. What the two understand differently is rewritten (\s, \w, \h, \v, \uHHHH, (?m))
/// or refused (set operations, {n}+, \K, PCRE verbs). Throws Error naming `where`.
[[nodiscard]] std::string pcrePattern(std::string_view pattern, const std::string& where);

}  // namespace loom
