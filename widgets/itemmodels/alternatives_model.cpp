// SPDX-License-Identifier: GPL-3.0-or-later
// AlternativesModel: see the header.
#include "widgets/itemmodels/alternatives_model.h"

#include "widgets/common/number_format.h"

namespace loom::ui {

AlternativesModel::AlternativesModel(QObject* parent) : QAbstractTableModel(parent) {}

void AlternativesModel::setStep(const TokenStep& step) {
    beginResetModel();
    m_rows = step.alternatives;
    m_chosen = step.token;
    m_sampled = step.origin == TokenOrigin::Generated && !step.reread;
    endResetModel();
}

void AlternativesModel::clear() {
    beginResetModel();
    m_rows.clear();
    endResetModel();
}

int AlternativesModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }
int AlternativesModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant AlternativesModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Alternative& row = m_rows[static_cast<std::size_t>(index.row())];
    const QString text = QString::fromUtf8(row.text.data(), static_cast<qsizetype>(row.text.size()));
    switch (role) {
        case BeforeRole: return row.before;
        case AfterRole: return m_sampled ? QVariant(row.after) : QVariant();
        case ChosenRole: return row.token == m_chosen;
        case TextRole: return text;
        case Qt::TextAlignmentRole: return index.column() == WordColumn ? QVariant() : QVariant(Qt::AlignRight | Qt::AlignVCenter);
        case Qt::DisplayRole:
            switch (index.column()) {
                case WordColumn: return visibleText(text);
                case BeforeColumn: return formatPercent(static_cast<double>(row.before));
                case AfterColumn:
                    return !m_sampled ? QString() : row.after > 0 ? formatPercent(static_cast<double>(row.after)) : tr("removed");
                default: return {};
            }
        default: return {};
    }
}

QVariant AlternativesModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
        case WordColumn: return tr("Word");
        case BeforeColumn: return tr("Before");
        case AfterColumn: return tr("After");
        default: return {};
    }
}

QHash<int, QByteArray> AlternativesModel::roleNames() const {
    QHash<int, QByteArray> names = QAbstractTableModel::roleNames();
    names.insert({{BeforeRole, "before"}, {AfterRole, "after"}, {ChosenRole, "chosen"}, {TextRole, "text"}});
    return names;
}

}  // namespace loom::ui
