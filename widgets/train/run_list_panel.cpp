// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/run_list_panel.h"

#include <QBoxLayout>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSortFilterProxyModel>

#include "widgets/common/labels.h"
#include "widgets/itemmodels/run_list_model.h"
#include "widgets/train/run_delegate.h"

namespace loom::ui {

RunListPanel::RunListPanel(RunListModel* runs, QWidget* parent)
    : QWidget(parent),
      m_runs(runs),
      m_proxy(new QSortFilterProxyModel(this)),
      m_new(new QPushButton(tr("&New run"), this)),
      m_search(new QLineEdit(this)),
      m_view(new QListView(this)),
      m_note(mutedLabel({}, this)) {
    m_proxy->setSourceModel(runs);
    m_proxy->setFilterRole(RunListModel::SearchRole);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_search->setPlaceholderText(tr("Search in names and notes"));
    m_search->setAccessibleName(tr("Search runs"));
    m_search->setClearButtonEnabled(true);
    m_view->setModel(m_proxy);
    m_view->setItemDelegate(new RunDelegate(m_view));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setUniformItemSizes(true);
    m_view->setMouseTracking(true);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setAccessibleName(tr("Training runs"));
    m_view->viewport()->setBackgroundRole(QPalette::Window);
    m_view->installEventFilter(this);
    m_note->setWordWrap(true);

    auto* top = new QVBoxLayout;
    top->setContentsMargins(12, 12, 12, 8);
    top->setSpacing(8);
    top->addWidget(m_new);
    top->addWidget(m_search);
    auto* bottom = new QVBoxLayout;
    bottom->setContentsMargins(12, 8, 12, 12);
    bottom->addWidget(m_note);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(top);
    column->addWidget(m_view, 1);
    column->addLayout(bottom);

    connect(m_new, &QPushButton::clicked, this, &RunListPanel::newRunWanted);
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_quiet = true;
        m_proxy->setFilterFixedString(text);
        m_quiet = false;
        setCurrent(m_current);
        refreshNote();
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& now) {
        if (m_quiet || !now.isValid()) return;
        m_current = now.data(RunListModel::FolderRole).toString();
        emit chosen(m_current);
    });
    connect(m_view, &QWidget::customContextMenuRequested, this, [this](QPoint at) {
        const QModelIndex index = m_view->indexAt(at);
        if (index.isValid()) emit menuWanted(index.data(RunListModel::FolderRole).toString(), m_view->viewport()->mapToGlobal(at));
    });
    connect(runs, &QAbstractItemModel::modelReset, this, [this] {
        setCurrent(m_current);
        refreshNote();
    });
    connect(runs, &QAbstractItemModel::rowsInserted, this, [this] { refreshNote(); });
    connect(runs, &QAbstractItemModel::modelAboutToBeReset, this, [this] { m_quiet = true; });
    refreshNote();
}

QModelIndex RunListPanel::indexOf(const QString& folder) const {
    const int row = m_runs->rowOf(folder);
    return row < 0 ? QModelIndex() : m_proxy->mapFromSource(m_runs->index(row, 0));
}

void RunListPanel::setCurrent(const QString& folder) {
    m_current = folder;
    m_quiet = true;
    const QModelIndex index = indexOf(folder);
    if (index.isValid()) {
        m_view->setCurrentIndex(index);
    } else {
        m_view->selectionModel()->clear();
    }
    m_quiet = false;
}

QString RunListPanel::current() const { return m_current; }

void RunListPanel::rename(const QString& folder) {
    const QModelIndex index = indexOf(folder);
    if (!index.isValid()) return;
    m_view->scrollTo(index);
    m_view->edit(index);
}

void RunListPanel::refreshNote() {
    const bool none = m_runs->rowCount() == 0;
    const bool noneFound = !none && m_proxy->rowCount() == 0;
    m_search->setEnabled(!none);
    m_note->setText(none        ? tr("No run yet. Set one up at the right: two minutes are enough to see the loss fall.")
                    : noneFound ? tr("No run has this in its name or notes.")
                                : tr("Tick runs to lay their curves over each other."));
}

bool RunListPanel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_view && event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete &&
        m_view->currentIndex().isValid()) {
        emit trashWanted(m_view->currentIndex().data(RunListModel::FolderRole).toString());
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace loom::ui
