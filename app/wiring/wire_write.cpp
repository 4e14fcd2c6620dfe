// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/common/message_bar.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/itemmodels/story_tree_model.h"
#include "widgets/write/story_tree_panel.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

GenerateRequest requestFrom(const ui::WriteInput& input) {
    GenerateRequest request;
    request.prompt = input.prompt.toStdString();
    request.samplers = input.samplers;
    request.seed = input.seed;
    request.maxTokens = input.maxTokens;
    request.beams = input.beams;
    request.promptAlternatives = true;  // words a person typed can be hovered too
    return request;
}

/// What going on from where the story is now would be asked with.
GenerateRequest requestOf(const ui::WritePage& page) { return requestFrom(page.input()); }

void wireTree(const WindowParts& p) {
    session::StoryController* stories = p.stories;
    ui::WritePage* page = p.writePage;
    ui::StoryTreePanel* panel = page->treePanel();
    QObject::connect(stories, &session::StoryController::treeChanged, p.tree, [p] { p.tree->setTree(p.stories->tree()); });
    QObject::connect(page, &ui::WritePage::branchRequested, stories,
                     [stories, page](qint64 position, const Alternative& word) { stories->branch(position, word, requestOf(*page)); });
    QObject::connect(page, &ui::WritePage::versionRequested, stories,
                     [stories, page](qint64 position) { stories->retry(requestOf(*page), position); });
    QObject::connect(p.actions.version, &QAction::triggered, stories, [stories, page] { stories->retry(requestOf(*page)); });
    QObject::connect(p.actions.versionBefore, &QAction::triggered, stories, [stories] { stories->sideways(-1); });
    QObject::connect(p.actions.versionAfter, &QAction::triggered, stories, [stories] { stories->sideways(1); });
    QObject::connect(page, &ui::WritePage::sidewaysRequested, stories, &session::StoryController::sideways);
    QObject::connect(page, &ui::WritePage::cutRequested, stories, &session::StoryController::cut);
    QObject::connect(page, &ui::WritePage::editRequested, stories, &session::StoryController::edit);
    QObject::connect(panel, &ui::StoryTreePanel::chosen, stories, [stories](qint64 id) { stories->follow(PassageId(id)); });
    QObject::connect(panel, &ui::StoryTreePanel::bookmarkWanted, stories,
                     [stories](qint64 id, bool on) { stories->setBookmarked(PassageId(id), on); });
    QObject::connect(panel, &ui::StoryTreePanel::noteWanted, stories,
                     [stories](qint64 id, const QString& note) { stories->setNote(PassageId(id), note); });
    QObject::connect(panel, &ui::StoryTreePanel::removeWanted, stories, [stories](qint64 id) { stories->remove(PassageId(id)); });
    QObject::connect(stories, &session::StoryController::said, page,
                     [p](const QString& text) { p.message->showMessage(text, ui::MessageBar::Kind::Notice); });
    QObject::connect(stories, &session::StoryController::failed, page, [p](const QString& text) { p.message->showMessage(text); });
    const bool surprise = p.settings->coloursSurprise;
    p.actions.colourings[surprise ? 1 : 0]->setChecked(true);
    page->setColouring(surprise ? ui::TokenColouring::Surprise : ui::TokenColouring::Origin);
    for (const std::size_t i : {0U, 1U}) {
        QObject::connect(p.actions.colourings[i], &QAction::triggered, page, [p, i] {
            p.settings->coloursSurprise = i == 1;
            p.writePage->setColouring(static_cast<ui::TokenColouring>(i));
        });
    }
    const auto price = [p](const std::shared_ptr<const ModelSummary>& model) {
        ui::TokenPrice perToken{model->cache.bytesPerToken(), model->otherForm.bytesPerToken(), QString::fromStdString(model->name),
                                model->twin                                ? QString::fromStdString(model->twin->name)
                                : model->otherForm.form == CacheForm::Full ? ui::WritePage::tr("MHA of the same size")
                                                                           : ui::WritePage::tr("MLA of the same size")};
        p.tree->setPrice(perToken);
    };
    QObject::connect(p.session, &session::SessionController::opened, p.tree, price);
    QObject::connect(p.session, &session::SessionController::pathChanged, p.tree, price);
}

}  // namespace

void wireWrite(WindowParts& parts) {
    session::SessionController* session = parts.session;
    session::StoryController* stories = parts.stories;
    ui::StoryModel* story = parts.story;
    ui::WritePage* page = parts.writePage;

    QObject::connect(page, &ui::WritePage::writeRequested, session, [session, stories, page](const ui::WriteInput& input) {
        GenerateRequest request = requestFrom(input);
        // The text on the page may be another model's: a new story does not go on from it, so nothing is put before its first word.
        if (session->storyTokens().empty()) request.prompt = page->promptText().toStdString();
        if (!stories->write(request)) page->showMessage(ui::WritePage::tr("Wait until the model is ready."));
    });
    QObject::connect(page, &ui::WritePage::stopRequested, session, &session::SessionController::stop);
    QObject::connect(page, &ui::WritePage::newStoryRequested, stories, &session::StoryController::newStory);
    wireTree(parts);

    QObject::connect(session, &session::SessionController::storyUpdated, page,
                     [story, page](const std::shared_ptr<const StoryUpdate>& update) {
                         story->apply(*update);
                         page->showProgress(update->prefillDone, update->prefillTotal);
                     });
    QObject::connect(session, &session::SessionController::writingChanged, page, &ui::WritePage::setWriting);
    QObject::connect(session, &session::SessionController::finished, page, [page](const std::shared_ptr<const GenerateSummary>& summary) {
        if (summary->tokens.empty() && summary->stopReason == StopReason::MaxTokens)
            page->showMessage({});  // a story was only read
        else
            page->showSummary(*summary);
    });
    QObject::connect(
        session, &session::SessionController::opened, page, [page, story, session](const std::shared_ptr<const ModelSummary>& model) {
            page->setContextLimit(model->config.context);
            page->setReady(true);
            if (story->rowCount() == 0)
                page->showMessage({});
            else if (session->storyTokens().empty())
                page->showMessage(ui::WritePage::tr("This text was written by the model before. The next one begins a new story."));
            else
                page->showMessage(ui::WritePage::tr("%1 goes on with this story.").arg(QString::fromStdString(model->name)));
            page->focusPrompt();
        });
}

}  // namespace loom::app
