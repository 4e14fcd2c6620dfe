// SPDX-License-Identifier: GPL-3.0-or-later
// LookupGuesser: guesses how a text goes on by looking where its last tokens stood before (prompt lookup decoding). What a story says again
// is then checked in one step instead of several.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/ids.h"

namespace loom {

/// The longest of the last kLongest … kShortest tokens that occurred before, at its latest place: guesses what followed there, at most
/// `count` tokens; nothing where no such place exists. O(length · kLongest).
inline constexpr std::int64_t kLongestLookup = 4, kShortestLookup = 2;
void guessByLookup(const TokenIds& ids, std::int64_t count, TokenIds& guesses);

}  // namespace loom
