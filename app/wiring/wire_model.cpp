// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFileInfo>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/common/bottom_strip.h"
#include "widgets/common/message_bar.h"

namespace loom::app {

void wireModel(WindowParts& parts) {
    session::SessionController* session = parts.session;
    ui::BottomStrip* strip = parts.strip;
    ui::MessageBar* message = parts.message;
    QMainWindow* window = parts.window;
    Settings* settings = parts.settings;
    auto context = std::make_shared<std::int64_t>(0);  // of the loaded model

    const auto showModel = [=](const std::shared_ptr<const ModelSummary>& model, const std::shared_ptr<const CacheUse>& use) {
        *context = model->config.context;
        strip->setModel(*model);
        strip->setUse(*use);
        strip->setContext(std::ssize(session->storyTokens()), *context);
        strip->setTokensPerSecond(0);
    };
    QObject::connect(session, &session::SessionController::opened, strip, showModel);
    QObject::connect(session, &session::SessionController::pathChanged, strip, showModel);
    QObject::connect(session, &session::SessionController::opened, window, [=](const std::shared_ptr<const ModelSummary>& model) {
        window->setWindowTitle(QMainWindow::tr("%1 — LatentLoom").arg(QString::fromStdString(model->name)));
        addRecent(*settings, QString::fromStdString(model->path));
        saveSettings(*settings);
        message->dismiss();
    });
    QObject::connect(session, &session::SessionController::storyUpdated, strip, [=](const std::shared_ptr<const StoryUpdate>& update) {
        strip->setUse(update->cache);
        strip->setContext(std::ssize(session->storyTokens()), *context);
        strip->setTokensPerSecond(update->tokensPerSecond);
    });
    QObject::connect(session, &session::SessionController::finished, strip, [=](const std::shared_ptr<const GenerateSummary>& summary) {
        strip->setTokensPerSecond(summary->decodeTokensPerSecond);
        strip->setUse(summary->cache);
    });
    QObject::connect(session, &session::SessionController::busyChanged, strip,
                     [strip](bool, const QString& what) { strip->setStatus(what); });
    QObject::connect(session, &session::SessionController::failed, message,
                     [message](JobId, const QString& text) { message->showMessage(text); });
    window->setWindowTitle(QStringLiteral("LatentLoom"));
}

}  // namespace loom::app
