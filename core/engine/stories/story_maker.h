// SPDX-License-Identifier: GPL-3.0-or-later
// StoryMaker: simple stories from a grammar, for training without any file. In the spirit of TinyStories (arXiv 2305.07759): a few hundred
// common words, a hero, a small problem, an end.
#pragma once

#include <cstdint>
#include <string>

namespace loom {

/// Story `index` of a seed: a pure function, so that any machine makes the same ones. Two indices may give the same story; among 200,000
/// fewer than one in a thousand does. 300 to 1,300 bytes of plain ASCII.
[[nodiscard]] std::string makeStory(std::uint64_t seed, std::int64_t index);

}  // namespace loom
