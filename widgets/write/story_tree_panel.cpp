// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/write/story_tree_panel.h"

#include <QBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>
#include <QTreeView>

#include "widgets/common/labels.h"
#include "widgets/common/theme.h"
#include "widgets/itemmodels/story_tree_model.h"

namespace loom::ui {
namespace {

constexpr int kMark = 3;  ///< width of the line that says who wrote a passage

/// A passage in one line, with a mark in front: accent = the network, text colour = a person. What is not shown is muted.
class PassageDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QStyledItemDelegate::paint(painter, option, index);
        if (index.column() != StoryTreeModel::TextColumn) return;
        const auto origin = static_cast<PassageOrigin>(index.data(StoryTreeModel::OriginRole).toInt());
        QColor mark = origin == PassageOrigin::Model ? accent(option.palette) : option.palette.color(QPalette::Text);
        if (!index.data(StoryTreeModel::ShownRole).toBool()) mark.setAlphaF(0.4F);
        painter->fillRect(QRect(option.rect.left() + 1, option.rect.top() + 4, kMark, option.rect.height() - 8), mark);
    }
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const QSize size = QStyledItemDelegate::sizeHint(option, index);
        return {size.width() + kMark + 4, std::max(size.height(), option.fontMetrics.height() + 8)};
    }

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        option->textElideMode = Qt::ElideRight;
        if (index.column() == StoryTreeModel::TextColumn) {
            QPixmap room(kMark + 2, 1);
            room.fill(Qt::transparent);
            option->features |= QStyleOptionViewItem::HasDecoration;
            option->icon = QIcon(room);
            option->decorationSize = room.size();
        }
        if (index.column() == StoryTreeModel::CostColumn || !index.data(StoryTreeModel::ShownRole).toBool())
            option->palette.setColor(QPalette::Text, mutedText(option->palette));
    }
};

}  // namespace

StoryTreePanel::StoryTreePanel(StoryTreeModel* model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_proxy(new QSortFilterProxyModel(this)),
      m_search(new QLineEdit(this)),
      m_view(new QTreeView(this)),
      m_note(mutedLabel({}, this)) {
    m_proxy->setSourceModel(model);
    m_proxy->setFilterRole(StoryTreeModel::SearchRole);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_proxy->setRecursiveFilteringEnabled(true);
    m_search->setPlaceholderText(tr("Search all versions"));
    m_search->setAccessibleName(tr("Search all versions"));
    m_search->setClearButtonEnabled(true);
    m_view->setModel(m_proxy);
    m_view->setItemDelegate(new PassageDelegate(m_view));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setHeaderHidden(true);
    m_view->setIndentation(14);
    m_view->setUniformRowHeights(true);
    m_view->setAllColumnsShowFocus(true);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->viewport()->setBackgroundRole(QPalette::Window);
    m_view->setAccessibleName(tr("Versions of the story"));
    m_view->header()->setStretchLastSection(false);
    m_view->header()->setSectionResizeMode(StoryTreeModel::TextColumn, QHeaderView::Stretch);
    m_view->header()->setSectionResizeMode(StoryTreeModel::CostColumn, QHeaderView::ResizeToContents);
    m_view->installEventFilter(this);
    m_note->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 4, 12);
    column->setSpacing(8);
    column->addWidget(sectionHeading(tr("Versions"), this));
    column->addWidget(m_search);
    column->addWidget(m_view, 1);
    column->addWidget(m_note);

    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_quiet = true;
        m_proxy->setFilterFixedString(text);
        m_quiet = false;
        expand();
        m_current = -1;
        showCurrent();
    });
    // Not when the current row changes: arrow keys go through the list, Enter goes to the passage.
    connect(m_view, &QTreeView::clicked, this, [this](const QModelIndex& index) { emit chosen(at(index).value()); });
    connect(m_view, &QTreeView::activated, this, [this](const QModelIndex& index) { emit chosen(at(index).value()); });
    connect(m_view, &QTreeView::expanded, this, [this](const QModelIndex& index) { m_folded.remove(at(index).value()); });
    connect(m_view, &QTreeView::collapsed, this, [this](const QModelIndex& index) {
        if (!m_quiet) m_folded.insert(at(index).value());
    });
    connect(m_view, &QWidget::customContextMenuRequested, this, [this](QPoint where) {
        const QModelIndex index = m_view->indexAt(where);
        if (index.isValid()) menuFor(at(index))->popup(m_view->viewport()->mapToGlobal(where));
    });
    connect(model, &QAbstractItemModel::modelAboutToBeReset, this, [this] { m_quiet = true; });
    connect(model, &QAbstractItemModel::modelReset, this, [this] {
        m_quiet = false;
        m_current = -1;
        expand();
        showCurrent();
    });
    connect(model, &QAbstractItemModel::dataChanged, this, [this] { showCurrent(); });
    showCurrent();
}

PassageId StoryTreePanel::at(const QModelIndex& index) const { return PassageId(index.data(StoryTreeModel::IdRole).toLongLong()); }

QString StoryTreePanel::note() const { return m_note->text(); }

void StoryTreePanel::expand() {
    m_quiet = true;
    m_view->expandAll();
    for (const qint64 id : m_folded) {
        const QModelIndex index = m_proxy->mapFromSource(m_model->indexOf(PassageId(id)));
        if (index.isValid() && m_search->text().isEmpty()) m_view->collapse(index);
    }
    m_quiet = false;
}

void StoryTreePanel::showCurrent() {
    if (const qint64 current = m_model->tree().current().value(); current != m_current) {
        m_current = current;
        const QModelIndex index = m_proxy->mapFromSource(m_model->indexOf(PassageId(current)));
        if (index.isValid())
            m_view->setCurrentIndex(index);
        else
            m_view->selectionModel()->clear();
    }
    const bool none = m_model->rowCount() == 0;
    m_search->setEnabled(!none);
    if (none)
        m_note->setText(
            tr("Every passage of the story will stand here. Click a word of the story to go on with another one: both versions stay."));
    else if (m_proxy->rowCount() == 0)
        m_note->setText(tr("No passage has this text."));
    else
        m_note->setText(m_model->total());
    m_note->setVisible(!m_note->text().isEmpty());
}

QMenu* StoryTreePanel::menuFor(PassageId id) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const bool there = m_model->tree().has(id);
    const bool marked = there && m_model->tree().at(id).bookmarked;
    menu->addAction(marked ? tr("Take the &bookmark away") : tr("&Bookmark"), this,
                    [this, id, marked] { emit bookmarkWanted(id.value(), !marked); });
    menu->addAction(tr("&Note…"), this, [this, id] { askNote(id); });
    menu->addSeparator();
    menu->addAction(tr("&Remove, with all that follows"), this, [this, id] { emit removeWanted(id.value()); });
    for (QAction* action : menu->actions()) action->setEnabled(there);
    return menu;
}

void StoryTreePanel::askNote(PassageId id) {
    if (!m_model->tree().has(id)) return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Note"));
    dialog->setLabelText(tr("What you want to remember of this passage"));
    dialog->setTextValue(QString::fromStdString(m_model->tree().at(id).note));
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, id](const QString& note) { emit noteWanted(id.value(), note.left(2000)); });
    dialog->open();
}

bool StoryTreePanel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_view && event->type() == QEvent::KeyPress && m_view->currentIndex().isValid()) {
        const PassageId id = at(m_view->currentIndex());
        switch (static_cast<QKeyEvent*>(event)->key()) {
            case Qt::Key_Delete: emit removeWanted(id.value()); return true;
            case Qt::Key_B: emit bookmarkWanted(id.value(), !m_model->tree().at(id).bookmarked); return true;
            default: break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace loom::ui
