// SPDX-License-Identifier: GPL-3.0-or-later
// RunListPanel: the runs beside the Train page: search, ticks that overlay curves, the one that is shown.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QListView;
class QPushButton;
class QSortFilterProxyModel;

namespace loom::ui {

class RunListModel;

class RunListPanel final : public QWidget {
    Q_OBJECT

public:
    explicit RunListPanel(RunListModel* runs, QWidget* parent = nullptr);

    /// Shows which run is looked at; empty = none, a new one is being set up. Emits nothing.
    void setCurrent(const QString& folder);
    [[nodiscard]] QString current() const;
    /// Edits the name of the run in its row.
    void rename(const QString& folder);
    [[nodiscard]] QListView* view() const { return m_view; }
    [[nodiscard]] QLineEdit* search() const { return m_search; }
    [[nodiscard]] QPushButton* newRunButton() const { return m_new; }

signals:
    void newRunWanted();
    void chosen(const QString& folder);
    void menuWanted(const QString& folder, const QPoint& globalPos);
    void trashWanted(const QString& folder);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    [[nodiscard]] QModelIndex indexOf(const QString& folder) const;
    void refreshNote();

    RunListModel* m_runs;
    QSortFilterProxyModel* m_proxy;
    QPushButton* m_new;
    QLineEdit* m_search;
    QListView* m_view;
    QLabel* m_note;
    QString m_current;  ///< also while its row is filtered away
    bool m_quiet = false;
};

}  // namespace loom::ui
