// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <utility>

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMetaMethod>
#include <QStackedWidget>
#include <QUndoStack>

#include "app/about_dialog.h"
#include "app/main_window.h"
#include "app/shortcuts_dialog.h"
#include "app/wiring/wiring.h"
#include "widgets/common/message_bar.h"
#include "widgets/inside/inside_page.h"
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

/// The ending decides: everything, or the story that is shown.
void chooseStoryFile(const WindowParts& parts) {
    auto* dialog = new QFileDialog(parts.window, tr("Save story"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    const std::array filters{std::pair{tr("Story with all versions (*.json)"), QStringLiteral("json")},
                             std::pair{tr("This version as text (*.txt)"), QStringLiteral("txt")},
                             std::pair{tr("This version as Markdown (*.md)"), QStringLiteral("md")}};
    QStringList names;
    for (const auto& filter : filters) names += filter.first;
    dialog->setNameFilters(names);
    dialog->setDefaultSuffix(filters.front().second);
    dialog->selectFile(tr("story"));
    QObject::connect(dialog, &QFileDialog::filterSelected, dialog, [dialog, filters](const QString& chosen) {
        for (const auto& filter : filters)
            if (filter.first == chosen) dialog->setDefaultSuffix(filter.second);
    });
    QObject::connect(dialog, &QFileDialog::fileSelected, parts.stories, &session::StoryController::saveAs);
    dialog->open();
}

void chooseStory(const WindowParts& parts) {
    auto* dialog = new QFileDialog(parts.window, tr("Open story"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Stories (*.json)"), tr("All files (*)")});
    QObject::connect(dialog, &QFileDialog::fileSelected, parts.stories, [parts](const QString& file) { parts.stories->open(file); });
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

/// Heads that were switched on the page in view are taken back before anything in the story.
bool canUndoInside(const WindowParts& p) { return p.stack->currentWidget() == p.insidePage && p.insidePage->undoStack()->canUndo(); }
bool canRedoInside(const WindowParts& p) { return p.stack->currentWidget() == p.insidePage && p.insidePage->undoStack()->canRedo(); }

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
    on(a.openStory, [p] { chooseStory(p); });
    on(a.saveStory, [p] { chooseStoryFile(p); });
    on(a.undo, [p] { canUndoInside(p) ? p.insidePage->undoStack()->undo() : p.stories->undo(); });
    on(a.redo, [p] { canRedoInside(p) ? p.insidePage->undoStack()->redo() : p.stories->redo(); });
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
        p.actions.saveStory->setEnabled(text);
        p.actions.undo->setEnabled(canUndoInside(p) || p.stories->canUndo());
        p.actions.redo->setEnabled(canRedoInside(p) || p.stories->canRedo());
        p.actions.version->setEnabled(text && p.session->hasModel() && !p.session->isOpening());
        const bool fork = p.stories->tree().lastFork().has_value();
        p.actions.versionBefore->setEnabled(fork);
        p.actions.versionAfter->setEnabled(fork);
        p.actions.find->setEnabled(text);
        p.actions.recent->setEnabled(!p.settings->recent.isEmpty());
    };
    QObject::connect(session, &session::SessionController::writingChanged, window, refresh);
    QObject::connect(session, &session::SessionController::busyChanged, window, refresh);
    QObject::connect(session, &session::SessionController::opened, window, refresh);
    QObject::connect(session, &session::SessionController::storyUpdated, window, refresh);
    QObject::connect(p.stories, &session::StoryController::treeChanged, window, refresh);
    QObject::connect(p.insidePage->undoStack(), &QUndoStack::indexChanged, window, refresh);
    QObject::connect(p.stack, &QStackedWidget::currentChanged, window, refresh);
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
