// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/run_list_model.h"

#include <algorithm>
#include <utility>

#include <QDateTime>

#include "widgets/common/number_format.h"
#include "widgets/common/time_format.h"

namespace loom::ui {
namespace {

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

QString lossText(const RunSummary& run) {
    const std::optional<double>& loss = run.validationLoss ? run.validationLoss : run.loss;
    return loss ? QLocale().toString(*loss, 'f', 3) : QString();
}

QString startedText(const RunSummary& run) {
    return run.started > 0 ? formatMoment(QDateTime::fromSecsSinceEpoch(run.started), QDateTime::currentDateTime()) : QString();
}

}  // namespace

RunListModel::RunListModel(QObject* parent) : QAbstractTableModel(parent) {}

QString RunListModel::stateText(RunState state) {
    switch (state) {
        case RunState::Running: return tr("running");
        case RunState::Stopped: return tr("stopped");
        case RunState::Finished: return tr("finished");
        case RunState::Broken: return tr("cannot be read");
    }
    return {};
}

void RunListModel::setRuns(std::vector<RunSummary> runs) {
    const bool sameRows =
        runs.size() == m_runs.size() &&
        std::equal(runs.begin(), runs.end(), m_runs.begin(), [](const RunSummary& a, const RunSummary& b) { return a.folder == b.folder; });
    if (sameRows) {
        m_runs = std::move(runs);
        if (!m_runs.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_runs = std::move(runs);
    QSet<QString> kept;
    for (const RunSummary& run : m_runs)
        if (m_ticked.contains(text(run.folder))) kept.insert(text(run.folder));
    const bool lost = kept.size() != m_ticked.size();
    m_ticked = kept;
    endResetModel();
    if (lost) emit tickedChanged();
}

void RunListModel::updateRun(const RunSummary& run) {
    const int row = rowOf(text(run.folder));
    if (row >= 0) {
        m_runs[static_cast<std::size_t>(row)] = run;
        emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
        return;
    }
    beginInsertRows({}, 0, 0);
    m_runs.insert(m_runs.begin(), run);
    endInsertRows();
}

int RunListModel::rowOf(const QString& folder) const {
    const std::string wanted = folder.toStdString();
    const auto found = std::find_if(m_runs.begin(), m_runs.end(), [&](const RunSummary& run) { return run.folder == wanted; });
    return found == m_runs.end() ? -1 : static_cast<int>(found - m_runs.begin());
}

QStringList RunListModel::ticked() const {
    QStringList folders;
    for (const RunSummary& run : m_runs)
        if (m_ticked.contains(text(run.folder))) folders += text(run.folder);
    return folders;
}

void RunListModel::setTicked(const QString& folder, bool on) {
    const int row = rowOf(folder);
    if (row < 0 || m_ticked.contains(folder) == on) return;
    on ? static_cast<void>(m_ticked.insert(folder)) : static_cast<void>(m_ticked.remove(folder));
    emit dataChanged(index(row, Name), index(row, Name), {Qt::CheckStateRole});
    emit tickedChanged();
}

void RunListModel::setColours(const QHash<QString, QColor>& colours) {
    if (colours == m_colours) return;
    m_colours = colours;
    if (!m_runs.empty()) emit dataChanged(index(0, Name), index(rowCount() - 1, Name), {Qt::DecorationRole});
}

int RunListModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_runs.size()); }

int RunListModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString RunListModel::cell(const RunSummary& run, int column) const {
    switch (column) {
        case Name: return text(run.name);
        case State: return stateText(run.state);
        case Steps: return run.steps > 0 ? tr("%1 of %2").arg(formatCount(run.step), formatCount(run.steps)) : QString();
        case Loss: return lossText(run);
        case Started: return startedText(run);
        default: return {};
    }
}

QString RunListModel::detail(const RunSummary& run) {
    if (run.state == RunState::Broken) return stateText(run.state);
    QStringList parts;
    parts += run.state == RunState::Finished
                 ? tr("%1 steps").arg(formatCount(run.step))
                 : tr("%1 at %2 of %3").arg(stateText(run.state), formatCount(run.step), formatCount(run.steps));
    if (const QString loss = lossText(run); !loss.isEmpty()) parts += tr("loss %1").arg(loss);
    if (const QString date = startedText(run); !date.isEmpty() && run.state != RunState::Running) parts += date;
    return parts.join(QStringLiteral(" · "));
}

QString RunListModel::toolTip(const RunSummary& run) {
    QStringList lines;
    if (!run.problem.empty()) lines += text(run.problem);
    if (!run.form.empty()) lines += tr("%1, %2 parameters").arg(text(run.form), formatShortCount(run.parameters));
    if (!run.data.empty()) lines += tr("stories: %1").arg(text(run.data));
    if (!run.notes.empty()) lines += text(run.notes);
    lines += text(run.folder);
    return lines.join(u'\n');
}

QVariant RunListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= ColumnCount) return {};
    const RunSummary& run = m_runs[static_cast<std::size_t>(index.row())];
    switch (role) {
        case Qt::DisplayRole: return cell(run, index.column());
        case Qt::EditRole: return index.column() == Name ? QVariant(text(run.name)) : QVariant();
        case Qt::ToolTipRole: return toolTip(run);
        case Qt::AccessibleTextRole: return QString(text(run.name) + QStringLiteral(", ") + detail(run));
        case Qt::CheckStateRole:
            if (index.column() != Name) return {};
            return static_cast<int>(m_ticked.contains(text(run.folder)) ? Qt::Checked : Qt::Unchecked);
        case Qt::DecorationRole: {
            const auto colour = m_colours.constFind(text(run.folder));
            return index.column() == Name && colour != m_colours.constEnd() ? QVariant(*colour) : QVariant();
        }
        case Qt::TextAlignmentRole:
            if (index.column() == Steps || index.column() == Loss) return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
            return {};
        case FolderRole: return text(run.folder);
        case StateRole: return static_cast<int>(run.state);
        case ProgressRole: return run.steps > 0 ? static_cast<double>(run.step) / static_cast<double>(run.steps) : 0.0;
        case DetailRole: return detail(run);
        case SearchRole: return text(run.name + "\n" + run.notes + "\n" + run.form + "\n" + run.data + "\n" + run.preset);
        default: return {};
    }
}

QVariant RunListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole || orientation != Qt::Horizontal) return {};
    switch (section) {
        case Name: return tr("Name");
        case State: return tr("State");
        case Steps: return tr("Steps");
        case Loss: return tr("Loss");
        case Started: return tr("Begun");
        default: return {};
    }
}

Qt::ItemFlags RunListModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (!index.isValid() || index.column() != Name) return flags;
    flags |= Qt::ItemIsUserCheckable;
    if (m_runs[static_cast<std::size_t>(index.row())].state != RunState::Broken) flags |= Qt::ItemIsEditable;
    return flags;
}

bool RunListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || index.column() != Name || index.row() >= rowCount()) return false;
    const QString folder = text(m_runs[static_cast<std::size_t>(index.row())].folder);
    if (role == Qt::CheckStateRole) {
        setTicked(folder, value.toInt() == Qt::Checked);
        return true;
    }
    const QString name = value.toString().trimmed();
    if (role != Qt::EditRole || name.isEmpty() || name == text(m_runs[static_cast<std::size_t>(index.row())].name)) return false;
    emit renameWanted(folder, name);
    return true;
}

QHash<int, QByteArray> RunListModel::roleNames() const {
    QHash<int, QByteArray> names = QAbstractTableModel::roleNames();
    names.insert(
        {{FolderRole, "folder"}, {StateRole, "state"}, {ProgressRole, "progress"}, {DetailRole, "detail"}, {SearchRole, "search"}});
    return names;
}

}  // namespace loom::ui
