// SPDX-License-Identifier: GPL-3.0-or-later
// StoryTree: a story with all its continuations, as passages that share their beginnings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/generate.h"
#include "core/data/ids.h"

namespace loom {

using PassageId = Id<struct PassageTag>;  ///< of one tree; never used again in it. 0 is the root, which has no text

/// Who put a passage there.
enum class PassageOrigin : std::uint8_t {
    Person,  ///< typed as what happens next
    Model,   ///< written by the network
    Edit     ///< typed in place of something that had been there
};
[[nodiscard]] std::string_view name(PassageOrigin origin);  ///< "person", "model", "edit"
[[nodiscard]] std::optional<PassageOrigin> passageOriginNamed(std::string_view name);

/// Tokens that came together, and where they came from. Without norms and attention: those belong to a cache.
struct Passage {
    PassageId parent;                 ///< the root's is the root itself
    std::vector<PassageId> children;  ///< oldest first
    PassageId chosen;                 ///< the child that was read last; the root where there are no children
    PassageOrigin origin = PassageOrigin::Person;
    std::vector<TokenStep> tokens;
    std::string model;              ///< that wrote or read it
    std::int64_t vocabulary = 0;    ///< passages with the same number were cut into tokens by the same tokenizer
    SamplerSettings samplers = {};  ///< of a network's passage
    std::uint64_t seed = 0;         ///< likewise
    bool bookmarked = false;
    std::string note;  ///< a person's

    [[nodiscard]] std::string text() const;
};

/// A value: copies share their passages, and every change leaves other copies as they are. Positions are tokens from the story's beginning.
///
/// Invariants, which problem() checks: children and parents name each other, `chosen` is a child, no passage but the root is empty, and
/// current() can be read.
class StoryTree {
public:
    StoryTree();

    [[nodiscard]] bool has(PassageId id) const;
    /// Throws Error for one that is not there.
    [[nodiscard]] const Passage& at(PassageId id) const;
    [[nodiscard]] PassageId root() const { return PassageId{}; }
    /// Where the story that is shown ends.
    [[nodiscard]] PassageId current() const { return m_current; }
    /// From the first passage to `end`, the root left out.
    [[nodiscard]] std::vector<PassageId> path(PassageId end) const;
    /// All but the root, parents first.
    [[nodiscard]] std::vector<PassageId> all() const;
    /// Tokens from the beginning to the end of the passage.
    [[nodiscard]] std::vector<TokenStep> tokens(PassageId end) const;
    [[nodiscard]] std::int64_t length(PassageId end) const;
    [[nodiscard]] std::string text(PassageId end) const;
    /// The passage of the current story that has the token at `position`, or nothing.
    [[nodiscard]] std::optional<PassageId> passageAt(std::int64_t position) const;
    /// Tokens that all passages hold together, and those that would be held if every end had a story of its own.
    [[nodiscard]] std::int64_t tokensShared() const;
    [[nodiscard]] std::int64_t tokensApart() const;
    /// Ends of stories.
    [[nodiscard]] std::vector<PassageId> leaves() const;
    [[nodiscard]] bool isEmpty() const { return all().empty(); }

    /// A new passage behind the current one, which it becomes. `passage.tokens` must not be empty; its place in the tree is decided here.
    PassageId append(Passage passage);
    /// More tokens at the end of a passage without children.
    void extend(PassageId id, const std::vector<TokenStep>& tokens);
    /// What is now known about tokens of the current story: alternatives and probability, where none were known.
    void learn(const std::vector<TokenStep>& steps);
    /// The current story ends before `position` from now on; what came behind it stays as a continuation. A passage is divided there.
    void cut(std::int64_t position);
    /// Shows the story that ends here.
    void go(PassageId id);
    /// Shows the story that goes through here, on to the end that was read last.
    void follow(PassageId id);
    /// The passage beside `id` that came after it (+1) or before it (−1), or nothing.
    [[nodiscard]] std::optional<PassageId> beside(PassageId id, int direction) const;
    /// The last passage of the current story that has others beside it, or nothing.
    [[nodiscard]] std::optional<PassageId> lastFork() const;
    /// With all that goes on from it.
    void remove(PassageId id);
    void setBookmarked(PassageId id, bool on);
    void setNote(PassageId id, std::string note);
    void setSeed(PassageId id, std::uint64_t seed);

    /// For readers of files: puts a passage where `passage.parent` says; parents first.
    void restore(PassageId id, Passage passage);
    /// The first invariant that does not hold, as a sentence; empty = all do.
    [[nodiscard]] std::string problem() const;

private:
    Passage& change(PassageId id);
    void choose(PassageId end);

    std::vector<std::shared_ptr<const Passage>> m_passages;  ///< by id; null where one was removed
    PassageId m_current;
};

}  // namespace loom
