// SPDX-License-Identifier: GPL-3.0-or-later
// StoryKeeper: keeps a story tree in a file while it changes, in a thread of its own.
#pragma once

#include <memory>

#include <QLockFile>
#include <QString>
#include <QTimer>

#include "app/session/engine_lane.h"
#include "core/data/story_tree.h"

namespace loom::session {

/// Made and used in the GUI thread. A change is on the disk after a second and the time of a write at most; the file is replaced whole.
class StoryKeeper {
public:
    explicit StoryKeeper(QString file);
    ~StoryKeeper();

    /// Whether no other process keeps a story there.
    [[nodiscard]] bool isOurs() const { return m_lock.isLocked(); }
    void keep(const StoryTree& tree);
    /// Returns when everything that was kept has been written.
    void flush();
    /// Why the last write failed; empty = it did not.
    [[nodiscard]] QString problem() const;

private:
    void writeNow();

    QString m_file;
    QLockFile m_lock;
    StoryTree m_tree;
    bool m_changed = false;
    QTimer m_later;
    struct State;
    std::shared_ptr<State> m_state;
    EngineLane m_lane{QStringLiteral("disk")};
};

}  // namespace loom::session
