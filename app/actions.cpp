// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions.h"

#include <QAction>
#include <QActionGroup>
#include <QCoreApplication>
#include <QKeySequence>
#include <QMenu>
#include <QMenuBar>

#include "widgets/common/icons.h"

namespace loom::app {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("Actions", text); }

QAction* add(QMenu* menu, const QString& text, const QList<QKeySequence>& keys = {}, const QString& help = {}) {
    QAction* action = menu->addAction(text);
    action->setShortcuts(keys);
    action->setStatusTip(help);
    return action;
}

QList<QKeySequence> keys(const char* sequence) { return {QKeySequence(QString::fromLatin1(sequence))}; }

template <std::size_t N>
std::array<QAction*, N> choice(QMenu* menu, QWidget& window, const std::array<QString, N>& texts) {
    auto* group = new QActionGroup(&window);
    std::array<QAction*, N> actions{};
    for (std::size_t i = 0; i < N; ++i) {
        actions[i] = add(menu, texts[i]);
        actions[i]->setCheckable(true);
        group->addAction(actions[i]);
    }
    return actions;
}

}  // namespace

Actions makeActions(QMenuBar& bar, QWidget& window) {
    Actions a{};
    QMenu* file = bar.addMenu(tr("&File"));
    a.openFile = add(file, tr("&Open checkpoint…"), QKeySequence::keyBindings(QKeySequence::Open));
    a.openFolder = add(file, tr("Open checkpoint &folder…"), keys("Ctrl+Shift+O"));
    a.recent = file->addMenu(tr("Open &recent"));
    a.clearRecent = new QAction(tr("&Clear this list"), &window);
    a.cancelOpen = add(file, tr("&Give up opening"));
    file->addSeparator();
    a.openStory = add(file, tr("Open s&tory…"), keys("Ctrl+L"));
    a.saveStory = add(file, tr("&Save story as…"), QKeySequence::keyBindings(QKeySequence::Save));
    file->addSeparator();
    a.quit = add(file, tr("&Quit"), keys("Ctrl+Q"));
    a.quit->setMenuRole(QAction::QuitRole);

    QMenu* edit = bar.addMenu(tr("&Edit"));
    a.undo = add(edit, tr("&Undo"), QKeySequence::keyBindings(QKeySequence::Undo));
    a.redo = add(edit, tr("&Redo"), QKeySequence::keyBindings(QKeySequence::Redo));
    edit->addSeparator();
    a.copy = add(edit, tr("&Copy"), QKeySequence::keyBindings(QKeySequence::Copy).mid(0, 2));
    a.selectAll = add(edit, tr("Select &all"), QKeySequence::keyBindings(QKeySequence::SelectAll));
    edit->addSeparator();
    a.find = add(edit, tr("&Find in story…"), QKeySequence::keyBindings(QKeySequence::Find));

    QMenu* story = bar.addMenu(tr("&Story"));
    a.newStory = add(story, tr("&New story"), QKeySequence::keyBindings(QKeySequence::New));
    a.write = add(story, tr("&Write"), keys("Ctrl+Return"));
    a.stop = add(story, tr("S&top"), keys("Ctrl+."));
    story->addSeparator();
    a.version = add(story, tr("Write another &version"), keys("Ctrl+R"));
    a.versionBefore = add(story, tr("Version &before"), keys("Alt+Up"));
    a.versionAfter = add(story, tr("Version &after"), keys("Alt+Down"));

    QMenu* view = bar.addMenu(tr("&View"));
    a.pages = choice<5>(view, window, {tr("&Write"), tr("Look &inside"), tr("&Cache"), tr("T&rain"), tr("C&ompare")});
    for (std::size_t i = 0; i < a.pages.size(); ++i) a.pages[i]->setShortcut(QKeySequence(QStringLiteral("Ctrl+%1").arg(i + 1)));
    view->addSeparator();
    a.themes = choice<3>(view->addMenu(tr("&Theme")), window, {tr("Like the &system"), tr("&Light"), tr("&Dark")});
    a.colourings = choice<2>(view->addMenu(tr("Colour &words by")), window, {tr("&Who wrote them"), tr("How &surprising they were")});
    QMenu* text = view->addMenu(tr("Te&xt size"));
    a.textLarger = add(text, tr("&Larger"), {QKeySequence(QStringLiteral("Ctrl++")), QKeySequence(QStringLiteral("Ctrl+="))});
    a.textSmaller = add(text, tr("&Smaller"), keys("Ctrl+-"));
    a.textReset = add(text, tr("&Normal"), keys("Ctrl+0"));
    view->addSeparator();
    a.overlay = add(view, tr("&Debug overlay"), keys("F12"));
    a.overlay->setCheckable(true);

    QMenu* model = bar.addMenu(tr("&Model"));
    a.modelMenu = model;
    model->setToolTipsVisible(true);
    a.twin = add(model, tr("Switch to the &twin"), keys("Ctrl+T"));
    a.card = add(model, tr("Model &card…"), keys("Ctrl+I"));
    model->addSeparator();
    const auto paths = choice<2>(model, window, {tr("Decode &absorbed (keeps the latent)"), tr("Decode &naively (keeps keys and values)")});
    a.absorbed = paths[0];
    a.naive = paths[1];
    model->addSeparator();
    QMenu* devices = model->addMenu(tr("Compute &on"));
    devices->setToolTipsVisible(true);
    a.precisionMenu = model->addMenu(tr("&Precision"));
    a.precisionMenu->setToolTipsVisible(true);
    a.precisions = choice<6>(a.precisionMenu, window,
                             {tr("&Automatic"), tr("&f32"), tr("&bf16"), tr("&int8"), tr("int&4"), tr("&Reference path (f32)")});
    a.precisionMenu->addSeparator();
    a.measurePrecisions = add(a.precisionMenu, tr("&Measure what they cost"));
    a.devices = choice<2>(devices, window, {tr("C&PU"), tr("C&UDA")});

    QMenu* help = bar.addMenu(tr("&Help"));
    a.tour = add(help, tr("&Tour"));
    a.shortcuts = add(help, tr("&Keyboard shortcuts"), keys("F1"));
    help->addSeparator();
    a.about = add(help, tr("&About LatentLoom"));
    a.about->setMenuRole(QAction::AboutRole);
    a.aboutQt = add(help, tr("About &Qt"));
    a.aboutQt->setMenuRole(QAction::AboutQtRole);

    a.openFile->setIcon(ui::icon(QStringLiteral("open")));
    a.newStory->setIcon(ui::icon(QStringLiteral("new-story")));
    a.write->setIcon(ui::icon(QStringLiteral("play")));
    a.stop->setIcon(ui::icon(QStringLiteral("stop")));
    a.find->setIcon(ui::icon(QStringLiteral("find")));
    a.copy->setIcon(ui::icon(QStringLiteral("copy")));
    return a;
}

}  // namespace loom::app
