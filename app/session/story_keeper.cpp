// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/story_keeper.h"

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <QDir>
#include <QFileInfo>

#include "core/data/error_guard.h"
#include "core/engine/generate/story_file.h"

namespace loom::session {
namespace {

constexpr std::chrono::milliseconds kAfterChange{800};

}  // namespace

struct StoryKeeper::State {
    std::mutex mutex;
    std::string problem;
};

StoryKeeper::StoryKeeper(QString file)
    : m_file(std::move(file)), m_lock(m_file + QStringLiteral(".lock")), m_state(std::make_shared<State>()) {
    QDir().mkpath(QFileInfo(m_file).absolutePath());
    m_lock.setStaleLockTime(0);  // it is stale when its process has ended, never because it is old
    (void)m_lock.tryLock(0);
    m_later.setSingleShot(true);
    m_later.setInterval(kAfterChange);
    QObject::connect(&m_later, &QTimer::timeout, &m_later, [this] { writeNow(); });
}

StoryKeeper::~StoryKeeper() { flush(); }

void StoryKeeper::keep(const StoryTree& tree) {
    if (!isOurs()) return;
    m_tree = tree;
    m_changed = true;
    if (!m_later.isActive()) m_later.start();  // not again: a story that is being written changes all the time
}

void StoryKeeper::writeNow() {
    m_later.stop();
    if (!std::exchange(m_changed, false)) return;
    m_lane.run([state = m_state, tree = m_tree, file = std::filesystem::path(m_file.toStdU16String())] {
        const auto written = guarded([&] {
            std::filesystem::create_directories(file.parent_path());
            writeStoryFile(file, tree);
        });
        const std::scoped_lock lock(state->mutex);
        state->problem = written ? std::string() : written.error().message();
    });
}

void StoryKeeper::flush() {
    writeNow();
    if (m_lane.jobs() == 0) return;
    auto done = std::make_shared<std::promise<void>>();
    auto written = done->get_future();
    m_lane.run([done] { done->set_value(); });
    written.wait();
}

QString StoryKeeper::problem() const {
    const std::scoped_lock lock(m_state->mutex);
    return QString::fromStdString(m_state->problem);
}

}  // namespace loom::session
