// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/card/model_card_dialog.h"
#include "widgets/common/bottom_strip.h"
#include "widgets/common/message_bar.h"
#include "widgets/common/twin_switch.h"

namespace loom::app {
namespace {

/// The card of the loaded model, and the way to its twin.
void wireTwinAndCard(const WindowParts& p) {
    session::SessionController* session = p.session;
    auto model = std::make_shared<std::shared_ptr<const ModelSummary>>();
    const auto refresh = [p, model] {
        const bool ready = !p.session->isOpening();
        const bool twin = *model && (*model)->twin;
        p.actions.card->setEnabled(*model != nullptr);
        p.actions.twin->setEnabled(twin && ready);
        p.actions.twin->setText(twin ? QMainWindow::tr("Switch to the &twin, %1").arg(QString::fromStdString((*model)->twin->name))
                                     : QMainWindow::tr("Switch to the &twin"));
        p.actions.twin->setToolTip(twin ? QString() : QMainWindow::tr("This model has no twin on the disk."));
        p.strip->twinSwitch()->setSwitchEnabled(ready);
    };
    const auto take = [model, refresh](const std::shared_ptr<const ModelSummary>& opened) {
        *model = opened;
        refresh();
    };
    QObject::connect(session, &session::SessionController::opened, p.strip, take);
    QObject::connect(session, &session::SessionController::pathChanged, p.strip, take);
    QObject::connect(session, &session::SessionController::busyChanged, p.strip, refresh);
    const auto showCard = [p, model] {
        if (*model) (new ui::ModelCardDialog(**model, p.window))->open();
    };
    QObject::connect(p.actions.card, &QAction::triggered, p.window, showCard);
    QObject::connect(p.strip, &ui::BottomStrip::cardRequested, p.window, showCard);
    QObject::connect(p.actions.twin, &QAction::triggered, session, &session::SessionController::openTwin);
    QObject::connect(p.strip, &ui::BottomStrip::twinRequested, session, &session::SessionController::openTwin);
    refresh();
}

}  // namespace

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
        if (!model->problem.empty()) message->showMessage(QString::fromStdString(model->problem), ui::MessageBar::Kind::Notice);
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
    wireTwinAndCard(parts);
    window->setWindowTitle(QStringLiteral("LatentLoom"));
}

}  // namespace loom::app
