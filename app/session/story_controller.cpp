// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/story_controller.h"

#include <algorithm>
#include <random>
#include <utility>

#include <QFileInfo>

#include "app/session/session_controller.h"
#include "app/session/story_keeper.h"
#include "core/data/error_guard.h"
#include "core/engine/api/user_paths.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/generate/story_file.h"

namespace loom::session {
namespace {

std::filesystem::path pathOf(const QString& file) { return file.toStdU16String(); }

std::int64_t freshVocabulary(const StoryTree& tree, std::int64_t now) {
    for (const PassageId id : tree.all()) now = std::max(now, tree.at(id).vocabulary);
    return now + 1;
}

std::vector<std::string> textsOf(const std::vector<TokenStep>& steps) {
    std::vector<std::string> texts;
    for (const TokenStep& step : steps) texts.push_back(step.text);
    return texts;
}

std::string textOf(const std::vector<TokenStep>& steps) {
    std::string text;
    for (const TokenStep& step : steps) text += step.text;
    return text;
}

/// An end-of-text token behind the story, which was taken back so that the story could go on.
void removeEnding(StoryTree& tree) {
    const PassageId next = tree.at(tree.current()).chosen;
    if (next == tree.root() || !tree.at(next).children.empty() || !tree.at(next).text().empty()) return;
    tree.remove(next);
}

}  // namespace

struct StoryController::Job {
    PassageOrigin typed = PassageOrigin::Person;
    SamplerSettings samplers;
    std::uint64_t seed = 0;
};

StoryController::StoryController(SessionController* session, QObject* parent) : QObject(parent), m_session(session) {
    connect(session, &SessionController::storyUpdated, this, [this](const std::shared_ptr<const StoryUpdate>& update) {
        if (m_quiet) return;
        if (!m_trying) return take(*update);
        if (!update->reset) {  // goes on from what it was told: every token has the same text
            StoryTree known = tree();
            known.learn(update->cached);
            m_history.amend(std::move(known));
            return;
        }
        if (textsOf(*update->reset) == textsOf(tree().tokens(tree().current()))) return;
        m_trying = false;
        whenIdle([this] { readAgain(tree().text(tree().current())); });
    });
    connect(session, &SessionController::failed, this, [this] {
        if (std::exchange(m_trying, false)) readAgain(tree().text(tree().current()));
    });
    connect(session, &SessionController::opened, this, [this](const std::shared_ptr<const ModelSummary>& model) {
        m_model = model->name;
        m_open = {};
        if (!m_session->storyTokens().empty()) return;
        m_vocabulary = freshVocabulary(tree(), m_vocabulary);
        if (std::exchange(m_wantsReading, false)) tryAsItIs();
    });
    connect(session, &SessionController::finished, this, [this](const std::shared_ptr<const GenerateSummary>& summary) {
        if (m_open != tree().root() && tree().has(m_open) && tree().at(m_open).origin == PassageOrigin::Model) {
            StoryTree now = tree();
            now.setSeed(m_open, summary->seed);
            m_history.amend(std::move(now));
            changed();
        }
        if (std::exchange(m_trying, false)) m_vocabulary = tree().at(tree().current()).vocabulary;
        m_open = {};
        m_job.reset();
    });
    connect(
        session, &SessionController::writingChanged, this,
        [this](bool writing) {
            if (!writing && m_waiting) std::exchange(m_waiting, nullptr)();
        },
        Qt::QueuedConnection);  // after finished()
}

StoryController::~StoryController() = default;

bool StoryController::write(const GenerateRequest& request) {
    if (m_session->write(request) == JobId{}) return false;
    m_job = std::make_unique<Job>(Job{PassageOrigin::Person, request.samplers, request.seed.value_or(0)});
    m_stepBegun = false;
    m_open = {};
    m_own = true;
    return true;
}

void StoryController::branch(std::int64_t position, const Alternative& word, const GenerateRequest& request) {
    whenIdle([this, position, word, request] {
        const std::vector<TokenStep> steps = tree().tokens(tree().current());
        if (position < 0 || position >= std::ssize(steps)) return;
        Passage passage;
        passage.origin = PassageOrigin::Edit;
        passage.model = m_model;
        passage.vocabulary = m_vocabulary;
        TokenStep step = steps[static_cast<std::size_t>(position)];
        step.token = word.token;
        step.text = step.label = word.text;
        step.origin = TokenOrigin::Prompt;
        step.probability = word.before;
        step.trace = {};
        passage.tokens = {step};
        StoryTree changed = tree();
        changed.cut(position);
        changed.append(std::move(passage));
        m_own = true;
        perform(std::move(changed));
        GenerateRequest rest = request;
        rest.prompt.clear();
        write(rest);
        m_stepBegun = true;  // one undo takes back the word and what was written after it
    });
}

void StoryController::retry(GenerateRequest request, std::optional<std::int64_t> position) {
    request.seed = (std::uint64_t{std::random_device{}()} << 20) ^ std::random_device{}();
    request.prompt.clear();
    whenIdle([this, request, position] {
        std::optional<std::int64_t> from = position;
        if (!from) {
            for (PassageId id = tree().current(); id != tree().root() && !from; id = tree().at(id).parent)
                if (tree().at(id).origin == PassageOrigin::Model) from = tree().length(id) - std::ssize(tree().at(id).tokens);
        }
        if (!from || *from <= 0) return;
        StoryTree shorter = tree();
        shorter.cut(*from);
        m_own = true;
        perform(std::move(shorter));
        write(request);
        m_stepBegun = true;
    });
}

void StoryController::edit(std::int64_t position, const QString& wanted) {
    whenIdle([this, position, text = wanted.toStdString()] {
        const std::vector<TokenStep> steps = tree().tokens(tree().current());
        // As much of the old story as the new text repeats.
        std::size_t same = 0;
        auto at = static_cast<std::size_t>(std::clamp<std::int64_t>(position, 0, std::ssize(steps)));
        while (at < steps.size() && text.compare(same, steps[at].text.size(), steps[at].text) == 0) same += steps[at++].text.size();
        const std::string rest = text.substr(same);
        StoryTree changed = tree();
        changed.cut(static_cast<std::int64_t>(at));
        if (changed.current() == tree().current() && rest.empty()) return;
        m_own = true;
        perform(std::move(changed));
        if (rest.empty()) return;
        GenerateRequest request;
        request.prompt = rest;
        request.maxTokens = 0;
        request.promptAlternatives = true;
        if (!write(request)) return emit failed(tr("Wait until the model is ready."));
        m_job->typed = PassageOrigin::Edit;
        m_stepBegun = true;
    });
}

void StoryController::follow(PassageId id) {
    whenIdle([this, id] {
        if (!tree().has(id) || id == tree().root()) return;
        StoryTree other = tree();
        other.follow(id);
        m_history.amend(std::move(other));
        showCurrent();
    });
}

void StoryController::cut(std::int64_t position) {
    whenIdle([this, position] {
        StoryTree shorter = tree();
        shorter.cut(position);
        if (shorter.current() == tree().current()) return;
        m_own = true;
        perform(std::move(shorter));
    });
}

void StoryController::sideways(int direction) {
    const auto fork = tree().lastFork();
    if (!fork) return;
    if (const auto other = tree().beside(*fork, direction)) follow(*other);
}

void StoryController::remove(PassageId id) {
    whenIdle([this, id] {
        if (!tree().has(id) || id == tree().root()) return;
        StoryTree rest = tree();
        rest.remove(id);
        m_own = true;
        perform(std::move(rest));
    });
}

void StoryController::setBookmarked(PassageId id, bool on) {
    if (!tree().has(id) || tree().at(id).bookmarked == on) return;
    StoryTree marked = tree();
    marked.setBookmarked(id, on);
    m_own = true;
    m_history.push(std::move(marked));
    changed();
}

void StoryController::setNote(PassageId id, const QString& note) {
    if (!tree().has(id)) return;
    StoryTree noted = tree();
    noted.setNote(id, note.toStdString());
    m_own = true;
    m_history.push(std::move(noted));
    changed();
}

void StoryController::newStory() {
    m_waiting = nullptr;
    m_trying = m_wantsReading = false;
    m_open = {};
    m_job.reset();
    m_quiet = true;
    m_session->newStory();
    m_quiet = false;
    if (!m_own) {
        m_history.reset({});
    } else if (tree().current() != tree().root()) {
        StoryTree begun = tree();
        begun.go(begun.root());
        m_history.push(std::move(begun));
    }
    changed();
}

void StoryController::undo() {
    whenIdle([this] {
        if (!m_history.canUndo()) return;
        m_history.undo();
        showCurrent();
    });
}

void StoryController::redo() {
    whenIdle([this] {
        if (!m_history.canRedo()) return;
        m_history.redo();
        showCurrent();
    });
}

void StoryController::open(const QString& file, bool again) {
    whenIdle([this, file, again] {
        auto read = guarded([&] { return readStoryFile(pathOf(file)); });
        if (!read) return emit failed(QString::fromStdString(read.error().message()));
        m_history.reset(std::move(*read));
        m_own = true;
        m_vocabulary = freshVocabulary(tree(), 0);  // nothing says yet that this network's tokenizer wrote it
        showCurrent();
        if (!again) emit said(tr("Opened %1").arg(QFileInfo(file).fileName()));
    });
}

void StoryController::saveAs(const QString& file) {
    const auto written = guarded([&] {
        if (file.endsWith(QLatin1String(".txt"), Qt::CaseInsensitive))
            writeTextFile(pathOf(file), tree().text(tree().current()) + "\n");
        else if (file.endsWith(QLatin1String(".md"), Qt::CaseInsensitive))
            writeTextFile(pathOf(file), storyMarkdown(tree()));
        else
            writeStoryFile(pathOf(file), tree());
    });
    if (!written) return emit failed(QString::fromStdString(written.error().message()));
    emit said(tr("Saved as %1").arg(file));
}

bool StoryController::keepIn(const QString& file) {
    auto keeper = std::make_unique<StoryKeeper>(file);
    if (!keeper->isOurs()) return false;
    m_keeper = std::move(keeper);
    return true;
}

QString StoryController::usualFile() { return QString::fromStdU16String((userPaths().data / "stories" / "last.story.json").u16string()); }

void StoryController::flush() {
    if (m_keeper) m_keeper->flush();
}

void StoryController::take(const StoryUpdate& update) {
    StoryTree now = tree();
    std::vector<TokenStep> fresh;
    if (update.reset && update.reset->empty()) {
        m_open = {};
        if (!m_own) return m_history.reset({}), changed();
        now.go(now.root());
        m_history.amend(std::move(now));
        return changed();
    }
    if (update.reset) {
        const std::vector<TokenStep>& steps = *update.reset;
        const std::vector<TokenStep> known = now.tokens(now.current());
        std::size_t same = 0;
        while (same < known.size() && same < steps.size() && known[same].token == steps[same].token) ++same;
        const bool foreign = now.current() != now.root() && now.at(now.current()).vocabulary != m_vocabulary;
        if (same == known.size()) {
            if (foreign) m_vocabulary = now.at(now.current()).vocabulary;  // the same tokenizer after all
        } else {
            const bool retold = !foreign && textOf(known) == textOf(steps);
            if (retold) m_vocabulary = freshVocabulary(now, m_vocabulary);
            if (foreign || retold) same = 0;
            now.cut(static_cast<std::int64_t>(same));
            removeEnding(now);
            m_open = {};
        }
        fresh.assign(steps.begin() + static_cast<std::ptrdiff_t>(same), steps.end());
    }
    fresh.insert(fresh.end(), update.appended.begin(), update.appended.end());
    add(now, fresh);
    now.learn(update.cached);
    if (!fresh.empty() || update.reset || !update.cached.empty()) commit(std::move(now));
}

void StoryController::add(StoryTree& tree, const std::vector<TokenStep>& steps) {
    const Job job = m_job ? *m_job : Job{};
    const auto growing = [&] { return m_open != tree.root() && tree.current() == m_open && tree.at(m_open).children.empty(); };
    for (auto first = steps.begin(); first != steps.end();) {
        const auto originOf = [&](const TokenStep& step) {
            if (step.origin == TokenOrigin::Generated) return PassageOrigin::Model;
            if (step.origin == TokenOrigin::Special && growing()) return tree.at(m_open).origin;
            return job.typed;
        };
        const PassageOrigin origin = originOf(*first);
        auto last = first + 1;
        while (last != steps.end() && (last->origin == TokenOrigin::Special || originOf(*last) == origin)) ++last;
        if (growing() && tree.at(m_open).origin == origin) {
            tree.extend(m_open, {first, last});
        } else {
            Passage passage;
            passage.origin = origin;
            passage.tokens.assign(first, last);
            passage.model = m_model;
            passage.vocabulary = m_vocabulary;
            passage.samplers = job.samplers;
            passage.seed = job.seed;
            m_open = tree.append(std::move(passage));
        }
        first = last;
    }
}

void StoryController::commit(StoryTree tree) {
    if (std::exchange(m_stepBegun, true))
        m_history.amend(std::move(tree));
    else
        m_history.push(std::move(tree));
    changed();
}

void StoryController::perform(StoryTree tree) {
    m_history.push(std::move(tree));
    showCurrent();
}

void StoryController::showCurrent() {
    m_open = {};
    m_stepBegun = true;
    const std::vector<PassageId> path = tree().path(tree().current());
    const bool ours = std::all_of(path.begin(), path.end(), [this](PassageId id) { return tree().at(id).vocabulary == m_vocabulary; });
    if (!ours) {
        tryAsItIs();
    } else {
        m_quiet = true;
        m_session->setStory(tree().tokens(tree().current()));
        m_quiet = false;
    }
    changed();
}

void StoryController::tryAsItIs() {
    const std::vector<PassageId> path = tree().path(tree().current());
    const std::int64_t vocabulary = tree().at(path.back()).vocabulary;
    const bool one = std::all_of(path.begin(), path.end(), [&](PassageId id) { return tree().at(id).vocabulary == vocabulary; });
    if (!one) return readAgain(tree().text(path.back()));
    m_quiet = true;
    m_session->setStory(tree().tokens(path.back()));
    m_quiet = false;
    GenerateRequest request;
    request.maxTokens = 0;
    request.promptAlternatives = true;
    m_trying = m_session->write(request) != JobId{};
    m_wantsReading = !m_trying;  // when a model has been opened
}

void StoryController::readAgain(const std::string& text) {
    m_quiet = true;
    m_session->newStory();
    m_quiet = false;
    GenerateRequest request;
    request.prompt = text;
    request.maxTokens = 0;
    request.promptAlternatives = true;
    m_wantsReading = m_session->write(request) == JobId{};
    if (m_wantsReading) return;
    m_job = std::make_unique<Job>(Job{PassageOrigin::Edit, {}, 0});
    m_stepBegun = true;
}

void StoryController::whenIdle(std::function<void()> what) {
    if (!m_session->isWriting()) return what();
    m_waiting = std::move(what);
    m_session->stop();
}

void StoryController::changed() {
    if (m_keeper && m_own) m_keeper->keep(tree());
    emit treeChanged();
}

}  // namespace loom::session
