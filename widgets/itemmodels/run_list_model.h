// SPDX-License-Identifier: GPL-3.0-or-later
// RunListModel: the training runs of a folder, a row each, newest first as they are given.
#pragma once

#include <vector>

#include <QAbstractTableModel>
#include <QColor>
#include <QHash>
#include <QSet>
#include <QString>

#include "core/data/run_summary.h"

namespace loom::ui {

class RunListModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, State, Steps, Loss, Started, ColumnCount };
    enum Role {
        FolderRole = Qt::UserRole + 1,  ///< absolute path, which tells runs apart
        StateRole,                      ///< a RunState as int
        ProgressRole,                   ///< 0 … 1
        DetailRole,                     ///< a line for people: steps, loss, date
        SearchRole                      ///< name, notes, form and data in one text
    };

    explicit RunListModel(QObject* parent = nullptr);

    /// What is there now. Ticks and rows of runs that stay are kept.
    void setRuns(std::vector<RunSummary> runs);
    /// A run as it is known while it is being trained; a new one goes to the front.
    void updateRun(const RunSummary& run);

    [[nodiscard]] int rowOf(const QString& folder) const;  ///< −1 where it is not there
    [[nodiscard]] const RunSummary& run(int row) const { return m_runs[static_cast<std::size_t>(row)]; }
    /// Folders of the ticked runs, in the order of rows.
    [[nodiscard]] QStringList ticked() const;
    void setTicked(const QString& folder, bool on);
    /// Of the runs whose curves are drawn, by folder; Qt::DecorationRole of their names.
    void setColours(const QHash<QString, QColor>& colours);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Ticks; or asks for another name, which comes back with setRuns().
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    [[nodiscard]] static QString stateText(RunState state);

signals:
    void renameWanted(const QString& folder, const QString& name);
    void tickedChanged();

private:
    [[nodiscard]] QString cell(const RunSummary& run, int column) const;
    [[nodiscard]] static QString detail(const RunSummary& run);
    [[nodiscard]] static QString toolTip(const RunSummary& run);

    std::vector<RunSummary> m_runs;
    QSet<QString> m_ticked;
    QHash<QString, QColor> m_colours;
};

}  // namespace loom::ui
