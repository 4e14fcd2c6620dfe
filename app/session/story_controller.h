// SPDX-License-Identifier: GPL-3.0-or-later
// StoryController: the story as a tree. Follows what is written, and lets the session go on from any place of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <QObject>
#include <QString>

#include "core/data/generate.h"
#include "core/data/model_summary.h"
#include "core/data/story_history.h"
#include "core/data/story_tree.h"
#include "core/data/story_update.h"

namespace loom::session {

class SessionController;
class StoryKeeper;

/// Lives in the GUI thread. The session has one story at a time; this knows all of them and tells the session which one it is to go on
/// with. What is asked for while a story is being written stops it and is done as soon as it has stopped.
///
/// Passages of unknown origin (from a file, or written with another model) are tried as they are: where the network's tokenizer has other
/// texts for their tokens, their text is read instead and becomes a story of its own.
class StoryController : public QObject {
    Q_OBJECT
public:
    explicit StoryController(SessionController* session, QObject* parent = nullptr);
    ~StoryController() override;

    [[nodiscard]] const StoryTree& tree() const { return m_history.now(); }
    [[nodiscard]] bool canUndo() const { return m_history.canUndo(); }
    [[nodiscard]] bool canRedo() const { return m_history.canRedo(); }
    /// Whether a person has done something that is worth keeping.
    [[nodiscard]] bool isOwn() const { return m_own; }

    /// Goes on with the story that is shown. False where nothing can be written now.
    bool write(const GenerateRequest& request);
    /// The story up to `position` goes on with this token in place of the one that stands there, and then as `request` says.
    void branch(std::int64_t position, const Alternative& word, const GenerateRequest& request);
    /// The network's last passage, or everything from `position` on, once more. The old version stays beside the new one. The seed of
    /// `request` is replaced by a new one.
    void retry(GenerateRequest request, std::optional<std::int64_t> position = {});
    /// The text from `position` to the end of the story becomes another one.
    void edit(std::int64_t position, const QString& text);
    /// Shows the story that goes through this passage.
    void follow(PassageId id);
    /// Shows the story that ends before `position`; what comes behind it stays as a continuation.
    void cut(std::int64_t position);
    /// The version beside the last passage that has one: +1 the next, −1 the one before.
    void sideways(int direction);
    void remove(PassageId id);
    void setBookmarked(PassageId id, bool on);
    void setNote(PassageId id, const QString& note);
    void newStory();
    void undo();
    void redo();

    /// Both end with said() or failed(); `again` says nothing where it went well.
    void open(const QString& file, bool again = false);
    void saveAs(const QString& file);  ///< .md: the story that is shown; .txt: its words; else everything

    /// Keeps the tree in this file from now on, at most a second after each change. Reads nothing. False where another process does.
    bool keepIn(const QString& file);
    /// Below the folder of a person's data.
    [[nodiscard]] static QString usualFile();
    /// Writes what has not been written yet; waits for it.
    void flush();

signals:
    void treeChanged();
    void said(const QString& message);
    void failed(const QString& message);

private:
    struct Job;
    void take(const StoryUpdate& update);
    void add(StoryTree& tree, const std::vector<TokenStep>& steps);
    void commit(StoryTree tree);
    /// As a step of its own, and the session gets its story.
    void perform(StoryTree tree);
    void showCurrent();
    void tryAsItIs();
    void readAgain(const std::string& text);
    /// Now, or when what is being written has stopped.
    void whenIdle(std::function<void()> what);
    void changed();

    SessionController* m_session;
    std::unique_ptr<StoryKeeper> m_keeper;
    StoryHistory m_history;
    std::unique_ptr<Job> m_job;  ///< what the tokens that come next belong to
    PassageId m_open;            ///< grows; the root = none does
    bool m_stepBegun = false;    ///< further tokens belong to the step that is there
    bool m_quiet = false;        ///< the session repeats what it was told
    bool m_own = false;
    bool m_trying = false;        ///< whether the tokens of what is shown mean the same to this network
    bool m_wantsReading = false;  ///< what is shown has to be read as soon as a model is open
    std::int64_t m_vocabulary = 1;
    std::string m_model;
    std::function<void()> m_waiting;
};

}  // namespace loom::session
