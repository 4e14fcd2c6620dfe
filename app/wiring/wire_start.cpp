// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include "app/main_window.h"
#include "app/shipped_models.h"
#include "app/wiring/wiring.h"
#include "widgets/common/message_bar.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

// Not translated: the network knows English only.
constexpr const char* kOpening = "Once upon a time, there was a little girl named Lily. She found a small key under the big tree.";
constexpr std::uint64_t kSeed = 1;
constexpr std::int64_t kTokens = 60;

/// The story that begins by itself, so that every page has something to show. It gives way to whatever a person does, and until a
/// person has taken it up it is nobody's text: another model simply replaces it.
class DemoStory final : public QObject {
public:
    /// `write`: else the model is only opened.
    DemoStory(const WindowParts& parts, bool offerTour, bool write)
        : QObject(parts.window), m_parts(parts), m_offerTour(offerTour), m_write(write) {
        session::SessionController* session = m_parts.session;
        ui::WritePage* page = m_parts.writePage;
        connect(session, &session::SessionController::opened, this,
                [this](const std::shared_ptr<const ModelSummary>& model) { opened(QString::fromStdString(model->path)); });
        connect(session, &session::SessionController::finished, this, [this] { finished(); });
        connect(session, &session::SessionController::failed, this, [this] {
            if (m_state == State::Writing) m_state = State::Shown;
            if (m_state == State::Opening) m_state = State::Over;
        });
        connect(page, &ui::WritePage::promptTyped, this, [this] { giveWay(); });
        connect(page, &ui::WritePage::writeHeldBack, this, [this] {
            m_thenWrite = m_state == State::Writing;
            giveWay();
        });
        connect(page, &ui::WritePage::writeRequested, this, [this] { m_state = State::Over; });
        connect(page, &ui::WritePage::newStoryRequested, this, [this] { m_state = State::Over; });
        const auto over = [this] { m_state = State::Over; };
        connect(page, &ui::WritePage::branchRequested, this, over);
        connect(page, &ui::WritePage::versionRequested, this, over);
        connect(page, &ui::WritePage::cutRequested, this, over);
        connect(page, &ui::WritePage::editRequested, this, over);
        connect(m_parts.actions.version, &QAction::triggered, this, over);
        connect(m_parts.actions.openStory, &QAction::triggered, this, over);
    }

    void start(const QString& model) {
        m_state = State::Opening;
        m_model = model;
        m_parts.session->open(model);
    }

private:
    enum class State { Opening, Ready, Writing, Shown, Over };

    void opened(const QString& model) {
        if (m_state == State::Opening && model != m_model) {
            m_state = State::Over;  // a person was faster
        } else if (m_state == State::Opening) {
            m_state = State::Ready;
            // When all pages know the model.
            QMetaObject::invokeMethod(
                this, [this] { begin(); }, Qt::QueuedConnection);
        } else if (m_state != State::Over && m_parts.session->storyTokens().empty()) {
            m_state = State::Over;
            m_parts.session->newStory();
            m_parts.writePage->showMessage({});
        }
    }

    void begin() {
        if (m_state != State::Ready) return;
        if (!m_write) return void(m_state = State::Over);
        GenerateRequest request;
        request.prompt = kOpening;
        request.seed = kSeed;
        request.maxTokens = kTokens;
        request.promptAlternatives = true;
        m_state = m_parts.session->write(request) == JobId{} ? State::Over : State::Writing;
    }

    void giveWay() {
        if (m_state == State::Opening || m_state == State::Ready) m_state = State::Over;
        if (m_state != State::Writing) return;
        m_gaveWay = true;
        m_parts.session->stop();
    }

    void finished() {
        if (m_state != State::Writing) return;
        m_state = State::Shown;
        m_parts.writePage->showMessage(
            m_gaveWay ? ui::WritePage::tr("The story that began by itself stopped for you. Press Enter to go on with your words.")
                      : ui::WritePage::tr("This story began by itself. Type what happens next, or press New story for one of your own."));
        if (m_thenWrite)
            m_parts.writePage->write();
        else if (m_offerTour && !m_gaveWay && !m_parts.settings->tourSeen)
            m_parts.actions.tour->trigger();
    }

    WindowParts m_parts;
    QString m_model;
    State m_state = State::Over;
    bool m_offerTour;
    bool m_write;
    bool m_gaveWay = false;
    bool m_thenWrite = false;
};

/// The story of the last time is there again as soon as a network can read it, and what becomes of it is kept.
void keepStory(const WindowParts& p, const QString& file, bool goesOn) {
    session::StoryController* stories = p.stories;
    if (!stories->keepIn(file)) {
        p.message->showMessage(
            QMainWindow::tr("LatentLoom is open already and keeps its story. Save the one you write here yourself (File → Save story as)."),
            ui::MessageBar::Kind::Notice);
        return;
    }
    if (!goesOn) return;
    auto* once = new QObject(p.window);
    QObject::connect(
        p.session, &session::SessionController::opened, once,
        [p, file, once] {
            once->deleteLater();
            if (p.stories->isOwn()) return;  // a person was faster
            const auto broken = QObject::connect(p.stories, &session::StoryController::failed, p.window, [p, file](const QString& why) {
                const QString aside = file + QStringLiteral(".unreadable");
                QFile::remove(aside);
                if (QFile::rename(file, aside)) p.message->showMessage(QMainWindow::tr("%1 It has been put aside as %2.").arg(why, aside));
            });
            p.stories->open(file, /*again=*/true);
            QObject::disconnect(broken);
            if (!p.stories->isOwn()) return;
            auto* read = new QObject(p.window);
            QObject::connect(p.session, &session::SessionController::finished, read, [p, read] {
                read->deleteLater();
                p.writePage->showMessage(ui::WritePage::tr("This is your story from the last time. New story begins another beside it."));
            });
        },
        Qt::QueuedConnection);  // when all pages know the model
}

}  // namespace

void wireStart(WindowParts& parts, const LaunchOptions& options) {
    const bool goesOn = !options.story.isEmpty() && !options.empty && QFileInfo::exists(options.story);
    if (!options.story.isEmpty()) keepStory(parts, options.story, goesOn);
    if (!options.model.isEmpty() || options.empty || options.models.isEmpty()) return;
    auto* demo = new DemoStory(parts, options.offerTour, !goesOn);
    demo->start(QDir(options.models).filePath(QLatin1String(kDemoModel)));
}

}  // namespace loom::app
