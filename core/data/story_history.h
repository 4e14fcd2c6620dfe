// SPDX-License-Identifier: GPL-3.0-or-later
// StoryHistory: every state that a story tree was in, for undo and redo without a limit. States share their passages.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/data/story_tree.h"

namespace loom {

class StoryHistory {
public:
    [[nodiscard]] const StoryTree& now() const { return m_states[m_at]; }
    /// A step that undo() takes back. What had been undone is forgotten.
    void push(StoryTree tree) {
        m_states.resize(m_at + 1);
        m_states.push_back(std::move(tree));
        ++m_at;
    }
    /// Belongs to the step that was done last.
    void amend(StoryTree tree) { m_states[m_at] = std::move(tree); }
    /// Another story, without a past.
    void reset(StoryTree tree) {
        m_states.assign(1, std::move(tree));
        m_at = 0;
    }
    [[nodiscard]] bool canUndo() const { return m_at > 0; }
    [[nodiscard]] bool canRedo() const { return m_at + 1 < m_states.size(); }
    void undo() {
        if (canUndo()) --m_at;
    }
    void redo() {
        if (canRedo()) ++m_at;
    }

private:
    std::vector<StoryTree> m_states = std::vector<StoryTree>(1);
    std::size_t m_at = 0;
};

}  // namespace loom
