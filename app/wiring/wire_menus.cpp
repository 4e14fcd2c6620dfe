// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMetaMethod>
#include <QSaveFile>

#include "app/about_dialog.h"
#include "app/main_window.h"
#include "app/shortcuts_dialog.h"
#include "app/wiring/wiring.h"
#include "widgets/common/message_bar.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/write/story_view.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

QString tr(const char* text) { return QMainWindow::tr(text); }

MainWindow* mainWindow(const WindowParts& parts) { return static_cast<MainWindow*>(parts.window); }

/// Asks for a checkpoint without stopping the window.
void chooseModel(MainWindow* window, bool folder) {
    auto* dialog = new QFileDialog(window, folder ? tr("Open checkpoint folder") : tr("Open checkpoint"), window->settings().lastFolder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    dialog->setOption(QFileDialog::ShowDirsOnly, folder);
    if (!folder) dialog->setNameFilters({tr("Checkpoints (*.safetensors *.gguf *.bin *.pt config.json)"), tr("All files (*)")});
    QObject::connect(dialog, &QFileDialog::fileSelected, window, &MainWindow::openModel);
    dialog->open();
}

void saveStory(const WindowParts& parts, const QString& path) {
    QSaveFile file(path);
    const QByteArray text = parts.story->storyText().toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit()) {
        parts.message->showMessage(tr("The story could not be saved (%1: %2). Choose another folder.").arg(path, file.errorString()));
        return;
    }
    parts.message->showMessage(tr("Saved as %1").arg(path), ui::MessageBar::Kind::Notice);
}

void chooseTextFile(const WindowParts& parts) {
    auto* dialog = new QFileDialog(parts.window, tr("Save story as text"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("Text (*.txt)"), tr("All files (*)")});
    dialog->setDefaultSuffix(QStringLiteral("txt"));
    dialog->selectFile(tr("story.txt"));
    QObject::connect(dialog, &QFileDialog::fileSelected, parts.window, [parts](const QString& path) { saveStory(parts, path); });
    dialog->open();
}

/// Copy and Select all go to whatever has the focus, to the story where that knows nothing of them.
void sendToFocus(const WindowParts& parts, const char* slot) {
    QObject* target = QApplication::focusWidget();
    if (!target || target->metaObject()->indexOfMethod(QByteArray(slot) + "()") < 0) target = parts.writePage->storyView();
    QMetaObject::invokeMethod(target, slot);
}

void fillRecent(const WindowParts& parts) {
    QMenu* menu = parts.actions.recent;
    MainWindow* window = mainWindow(parts);
    menu->clear();
    for (const QString& path : parts.settings->recent) {
        const QFileInfo file(path);
        QString text = QStringLiteral("%1  (%2)").arg(file.fileName(), QDir::toNativeSeparators(file.absolutePath()));
        QAction* action = menu->addAction(text.replace(QLatin1Char('&'), QLatin1String("&&")));
        action->setToolTip(path);
        QObject::connect(action, &QAction::triggered, window, [window, path] { window->openModel(path); });
    }
    menu->addSeparator();
    menu->addAction(parts.actions.clearRecent);
}

}  // namespace

void wireMenus(WindowParts& parts) {
    const WindowParts p = parts;
    const Actions& a = p.actions;
    MainWindow* window = mainWindow(p);
    session::SessionController* session = p.session;

    const auto on = [window](QAction* action, auto&& what) { QObject::connect(action, &QAction::triggered, window, what); };
    on(a.openFile, [window] { chooseModel(window, false); });
    on(a.openFolder, [window] { chooseModel(window, true); });
    QObject::connect(p.writePage, &ui::WritePage::openRequested, window, [window] { chooseModel(window, false); });
    on(a.cancelOpen, [session] { session->cancelOpen(); });
    on(a.clearRecent, [p] {
        p.settings->recent.clear();
        saveSettings(*p.settings);
    });
    on(a.saveText, [p] { chooseTextFile(p); });
    on(a.quit, [window] { window->close(); });
    on(a.copy, [p] { sendToFocus(p, "copy"); });
    on(a.selectAll, [p] { sendToFocus(p, "selectAll"); });
    on(a.find, [p] {
        p.actions.pages[static_cast<std::size_t>(Page::Write)]->trigger();
        p.writePage->openFind();
    });
    on(a.newStory, [p] { p.writePage->newStory(); });
    on(a.write, [p] { p.writePage->write(); });
    on(a.stop, [p] { p.session->stop(); });
    on(a.shortcuts, [p] { showShortcuts(*p.window); });
    on(a.about, [p] { showAbout(*p.window, !p.modelsFolder.isEmpty()); });
    on(a.aboutQt, [] { QApplication::aboutQt(); });

    // What can be used when.
    QObject::connect(a.recent, &QMenu::aboutToShow, window, [p] { fillRecent(p); });
    const auto refresh = [p] {
        p.actions.write->setEnabled(p.session->canWrite());
        p.actions.stop->setEnabled(p.session->isWriting());
        p.actions.cancelOpen->setEnabled(p.session->isOpening());
        const bool text = p.story->rowCount() > 0;
        p.actions.newStory->setEnabled(text || p.session->isWriting());
        p.actions.saveText->setEnabled(text);
        p.actions.find->setEnabled(text);
        p.actions.recent->setEnabled(!p.settings->recent.isEmpty());
    };
    QObject::connect(session, &session::SessionController::writingChanged, window, refresh);
    QObject::connect(session, &session::SessionController::busyChanged, window, refresh);
    QObject::connect(session, &session::SessionController::opened, window, refresh);
    QObject::connect(session, &session::SessionController::storyUpdated, window, refresh);
    QObject::connect(a.clearRecent, &QAction::triggered, window, refresh);
    refresh();

    // The decoding path: only a joint latent has two, and the session must be at rest.
    auto joint = std::make_shared<bool>(false);
    const auto allowPath = [p, joint] {
        for (QAction* action : {p.actions.absorbed, p.actions.naive}) action->setEnabled(*joint && p.session->canWrite());
    };
    const auto showPath = [p, joint, allowPath](const std::shared_ptr<const ModelSummary>& model) {
        *joint = model->config.attention.latent == Latent::Joint;
        (model->mlaPath == MlaPath::Absorbed ? p.actions.absorbed : p.actions.naive)->setChecked(*joint);
        allowPath();
    };
    for (QAction* action : {a.absorbed, a.naive}) {
        action->setToolTip(tr("Only a network with a joint latent (MLA) has two ways to decode."));
    }
    allowPath();
    QObject::connect(session, &session::SessionController::writingChanged, window, allowPath);
    QObject::connect(session, &session::SessionController::busyChanged, window, allowPath);
    QObject::connect(session, &session::SessionController::opened, window, showPath);
    QObject::connect(session, &session::SessionController::pathChanged, window, showPath);
    on(a.absorbed, [session] { session->setPath(MlaPath::Absorbed); });
    on(a.naive, [session] { session->setPath(MlaPath::Naive); });
}

}  // namespace loom::app
