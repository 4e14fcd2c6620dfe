// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/forgotten_model.h"

#include <algorithm>
#include <utility>

#include "widgets/common/number_format.h"
#include "widgets/itemmodels/heat_role.h"

namespace loom::ui {

void ForgottenModel::setAnswer(std::shared_ptr<const LookAnswer> answer) {
    beginResetModel();
    m_answer = std::move(answer);
    const Reconstruction* got = result();
    const auto cells = got ? got->ranks.size() * static_cast<std::size_t>(std::max<std::int64_t>(got->heads, 0)) : 0;
    if (!got || got->keys.size() != cells || got->values.size() != cells) m_answer.reset();
    endResetModel();
}

const Reconstruction* ForgottenModel::result() const { return m_answer ? std::get_if<Reconstruction>(&m_answer->value) : nullptr; }

int ForgottenModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !result() ? 0 : static_cast<int>(2 * result()->heads);
}

int ForgottenModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() || !result() ? 0 : static_cast<int>(result()->ranks.size());
}

double ForgottenModel::error(const QModelIndex& index) const {
    const Reconstruction& all = *result();
    const std::size_t at =
        static_cast<std::size_t>(index.column()) * static_cast<std::size_t>(all.heads) + static_cast<std::size_t>(index.row() / 2);
    return index.row() % 2 == 0 ? all.keys[at] : all.values[at];
}

QVariant ForgottenModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
    switch (role) {
        case Qt::DisplayRole: return formatPercent(error(index));
        case Qt::TextAlignmentRole: return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
        case kCsvRole: return error(index);
        case kHeatRole: return std::clamp(error(index), 0.0, 1.0);
        case Qt::ToolTipRole:
        case Qt::AccessibleTextRole: return sentence(index);
        default: return {};
    }
}

QString ForgottenModel::sentence(const QModelIndex& index) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
    const auto rank = static_cast<int>(result()->ranks[static_cast<std::size_t>(index.column())]);
    const QString lost = formatPercent(error(index));
    return index.row() % 2 == 0
               ? tr("with the %1 strongest directions of the latent, the keys of head %2 lose %3").arg(rank).arg(index.row() / 2).arg(lost)
               : tr("with the %1 strongest directions of the latent, the values of head %2 lose %3")
                     .arg(rank)
                     .arg(index.row() / 2)
                     .arg(lost);
}

QVariant ForgottenModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (section < 0 || section >= (orientation == Qt::Horizontal ? columnCount() : rowCount())) return {};
    if (role == Qt::DisplayRole) {
        if (orientation == Qt::Horizontal) return tr("rank %1").arg(result()->ranks[static_cast<std::size_t>(section)]);
        return section % 2 == 0 ? tr("head %1, keys").arg(section / 2) : tr("head %1, values").arg(section / 2);
    }
    if (role == Qt::ToolTipRole) {
        return orientation == Qt::Horizontal ? tr("So many directions of the latent are kept, the strongest of this story first")
                                             : tr("The length of what is missing, as a share of the length of the whole (Frobenius norm)");
    }
    return {};
}

}  // namespace loom::ui
