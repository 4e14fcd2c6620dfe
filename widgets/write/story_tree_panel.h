// SPDX-License-Identifier: GPL-3.0-or-later
// StoryTreePanel: the versions of a story beside the one that is read.
#pragma once

#include <QSet>
#include <QWidget>

#include "core/data/story_tree.h"

class QLabel;
class QLineEdit;
class QMenu;
class QSortFilterProxyModel;
class QTreeView;

namespace loom::ui {

class StoryTreeModel;

/// Follows the model; what a person chooses comes out as signals.
class StoryTreePanel final : public QWidget {
    Q_OBJECT
public:
    explicit StoryTreePanel(StoryTreeModel* model, QWidget* parent = nullptr);

    [[nodiscard]] QTreeView* view() const { return m_view; }
    [[nodiscard]] QLineEdit* search() const { return m_search; }
    [[nodiscard]] QString note() const;
    /// What can be done with a passage. Deletes itself when closed.
    [[nodiscard]] QMenu* menuFor(PassageId id);

signals:
    void chosen(qint64 passage);
    void bookmarkWanted(qint64 passage, bool on);
    void noteWanted(qint64 passage, const QString& note);
    void removeWanted(qint64 passage);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void showCurrent();
    void expand();
    void askNote(PassageId id);
    [[nodiscard]] PassageId at(const QModelIndex& proxyIndex) const;

    StoryTreeModel* m_model;
    QSortFilterProxyModel* m_proxy;
    QLineEdit* m_search;
    QTreeView* m_view;
    QLabel* m_note;
    qint64 m_current = -1;  ///< where the list has been brought to
    QSet<qint64> m_folded;  ///< passages whose versions a person does not want to see
    bool m_quiet = false;
};

}  // namespace loom::ui
