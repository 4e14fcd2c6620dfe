// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shortcuts_dialog.h"

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QTableWidget>
#include <QVBoxLayout>

namespace loom::app {
namespace {

struct Row {
    QString what, keys;
};

QString withoutMnemonic(QString text) { return text.remove(QLatin1Char('&')).remove(QChar(0x2026)); }

void collect(const QList<QAction*>& actions, const QString& where, QList<Row>& rows) {
    for (const QAction* action : actions) {
        if (const QMenu* menu = action->menu()) {
            collect(menu->actions(), withoutMnemonic(menu->title()), rows);
        } else if (!action->shortcut().isEmpty()) {
            rows.append({QStringLiteral("%1: %2").arg(where, withoutMnemonic(action->text())),
                         QKeySequence::listToString(action->shortcuts(), QKeySequence::NativeText)});
        }
    }
}

/// Keys of the views, which are in no menu.
QList<Row> viewKeys() {
    const auto tr = [](const char* text) { return QMainWindow::tr(text); };
    return {{tr("Prompt: write"), tr("Enter")},
            {tr("Prompt: new line"), tr("Shift+Enter")},
            {tr("Write: stop"), tr("Esc")},
            {tr("Story: alternatives of the next or the previous word"), tr("Alt+Right, Alt+Left")},
            {tr("Story: hold the word, go through its alternatives, take one"), tr("Enter, Up and Down, Enter")},
            {tr("Versions: show, bookmark, remove"), tr("Enter, B, Delete")},
            {tr("Find: next, previous match"), tr("Enter, Shift+Enter")},
            {tr("Heads, attention and cache: move"), tr("Arrow keys, Home, End, Page Up, Page Down")},
            {tr("Attention and latents: lock a cell, let it go"), tr("Space, Esc")},
            {tr("Look inside: switch a head in the table off or on"), tr("Space")},
            {tr("Copy or save a figure"), tr("Menu key, Shift+F10")},
            {tr("Compare: play or pause, one token, restart, swap, present, measure"), tr("Alt+P, Alt+T, Alt+R, Alt+W, Alt+N, Alt+I")},
            {tr("Between parts of a page"), tr("Tab, Shift+Tab")}};
}

}  // namespace

void showShortcuts(QMainWindow& window) {
    auto* dialog = new QDialog(&window);
    dialog->setObjectName(QStringLiteral("shortcuts"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QMainWindow::tr("Keyboard shortcuts"));
    QList<Row> rows;
    collect(window.menuBar()->actions(), {}, rows);
    rows += viewKeys();

    auto* table = new QTableWidget(static_cast<int>(rows.size()), 2, dialog);
    table->setHorizontalHeaderLabels({QMainWindow::tr("What"), QMainWindow::tr("Keys")});
    table->verticalHeader()->hide();
    table->setShowGrid(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setTabKeyNavigation(false);
    for (int i = 0; i < rows.size(); ++i) {
        table->setItem(i, 0, new QTableWidgetItem(rows[i].what));
        table->setItem(i, 1, new QTableWidgetItem(rows[i].keys));
    }
    table->resizeColumnsToContents();
    table->horizontalHeader()->setStretchLastSection(true);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    buttons->setFocus();
    auto* column = new QVBoxLayout(dialog);
    column->addWidget(table);
    column->addWidget(buttons);
    dialog->resize(640, 560);
    dialog->open();
}

}  // namespace loom::app
