// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

/// Where mirostat goes on: with the last word that it drew.
std::optional<double> lastMirostatMu(const ui::StoryModel& story) {
    for (int row = story.rowCount() - 1; row >= 0; --row) {
        const TokenStep& step = story.step(row);
        if (step.origin == TokenOrigin::Generated && step.trace.of(SamplerStage::Mirostat)) return step.trace.mirostatMu;
    }
    return {};
}

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

}  // namespace

void wireWrite(WindowParts& parts) {
    session::SessionController* session = parts.session;
    ui::StoryModel* story = parts.story;
    ui::WritePage* page = parts.writePage;

    QObject::connect(page, &ui::WritePage::writeRequested, session, [session, page, story](const ui::WriteInput& input) {
        GenerateRequest request = requestFrom(input);
        if (!session->storyTokens().empty()) request.mirostatMu = lastMirostatMu(*story);
        // The text on the page may be another model's: a new story does not go on from it, so nothing is put before its first word.
        if (session->storyTokens().empty()) request.prompt = page->promptText().toStdString();
        if (session->write(request) == JobId{}) page->showMessage(ui::WritePage::tr("Wait until the model is ready."));
    });
    QObject::connect(page, &ui::WritePage::stopRequested, session, &session::SessionController::stop);
    QObject::connect(page, &ui::WritePage::newStoryRequested, session, &session::SessionController::newStory);

    QObject::connect(session, &session::SessionController::storyUpdated, page,
                     [story, page](const std::shared_ptr<const StoryUpdate>& update) {
                         story->apply(*update);
                         page->showProgress(update->prefillDone, update->prefillTotal);
                     });
    QObject::connect(session, &session::SessionController::writingChanged, page, &ui::WritePage::setWriting);
    QObject::connect(session, &session::SessionController::finished, page,
                     [page](const std::shared_ptr<const GenerateSummary>& summary) { page->showSummary(*summary); });
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
