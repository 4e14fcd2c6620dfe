// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/shift_model.h"

#include <algorithm>

#include <QLocale>

#include "widgets/common/number_format.h"
#include "widgets/itemmodels/heat_role.h"

namespace loom::ui {

void ShiftModel::setAnswer(const std::shared_ptr<const LookAnswer>& answer) {
    beginResetModel();
    m_rows.clear();
    if (const auto* result = answer ? std::get_if<Ablation>(&answer->value) : nullptr) {
        const auto add = [&](const ShiftedToken& token) {
            const auto label = answer->labels.find(token.token);
            const QString word =
                label == answer->labels.end() ? QString::number(token.token.value()) : QString::fromStdString(label->second);
            m_rows.push_back({visibleText(word), token.before, token.after});
        };
        std::for_each(result->topBefore.begin(), result->topBefore.end(), add);
        for (const ShiftedToken& token : result->topAfter) {
            const auto same = [&](const ShiftedToken& other) { return other.token == token.token; };
            if (std::none_of(result->topBefore.begin(), result->topBefore.end(), same)) add(token);
        }
    }
    endResetModel();
}

int ShiftModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }

int ShiftModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant ShiftModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const auto before = static_cast<double>(row.before);
    const auto after = static_cast<double>(row.after);
    if (role == Qt::TextAlignmentRole && index.column() != Token) return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::DisplayRole) {
        switch (index.column()) {
            case Token: return row.word;
            case Before: return formatPercent(before);
            case After: return formatPercent(after);
            default:  // points, not a percentage of a percentage
                return (after > before ? QStringLiteral("+") : QString()) + QLocale().toString((after - before) * 100, 'f', 1);
        }
    }
    if (role == kCsvRole && index.column() != Token)
        return index.column() == Before ? before : index.column() == After ? after : after - before;
    if (role == ShareRole && index.column() == Before) return before;
    if (role == ShareRole && index.column() == After) return after;
    return {};
}

QVariant ShiftModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (section < 0 || section >= (orientation == Qt::Horizontal ? static_cast<int>(ColumnCount) : rowCount())) return {};
    if (orientation == Qt::Vertical) return role == Qt::DisplayRole ? QVariant(QString::number(section + 1)) : QVariant();
    const QString names[] = {tr("next word"), tr("with all heads"), tr("without"), tr("change, points")};
    const QString tips[] = {tr("The ten likeliest with all heads, then those that are among the ten likeliest only without some"),
                            tr("How likely it is with all heads on"), tr("How likely it is without the heads that are off"),
                            tr("Percentage points won or lost")};
    if (role == Qt::DisplayRole) return names[section];
    if (role == Qt::ToolTipRole) return tips[section];
    return {};
}

}  // namespace loom::ui
