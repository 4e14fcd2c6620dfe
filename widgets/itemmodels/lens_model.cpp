// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/lens_model.h"

#include <utility>

#include "widgets/common/number_format.h"
#include "widgets/itemmodels/heat_role.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

LensModel::LensModel(const StoryModel* story, QObject* parent) : QAbstractTableModel(parent), m_story(story) {}

void LensModel::setAnswer(std::shared_ptr<const LookAnswer> answer) {
    beginResetModel();
    m_answer = std::move(answer);
    const LogitLens* got = lens();
    const bool whole = got && got->rows > 0 && got->top > 0 && std::ssize(got->ids) == got->rows * got->tokens * got->top &&
                       got->probabilities.size() == got->ids.size();
    if (!whole) m_answer.reset();
    endResetModel();
}

const LogitLens* LensModel::lens() const { return m_answer ? std::get_if<LogitLens>(&m_answer->value) : nullptr; }

int LensModel::rowCount(const QModelIndex& parent) const { return parent.isValid() || !lens() ? 0 : static_cast<int>(lens()->rows); }

int LensModel::columnCount(const QModelIndex& parent) const { return parent.isValid() || !lens() ? 0 : static_cast<int>(lens()->tokens); }

QString LensModel::word(std::size_t at) const {
    const auto label = m_answer->labels.find(lens()->ids[at]);
    return label == m_answer->labels.end() ? QStringLiteral("?") : visibleText(QString::fromStdString(label->second));
}

QString LensModel::rowName(int row) const {
    if (row == 0) return tr("embedding");
    return row + 1 == rowCount() ? tr("layer %1 = output").arg(row - 1) : tr("layer %1").arg(row - 1);
}

QString LensModel::tokenName(int column) const {
    return column < m_story->rowCount() ? visibleText(QString::fromStdString(m_story->step(column).label)) : QString::number(column);
}

QVariant LensModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
    const std::size_t best = lens()->at(index.row(), index.column(), 0);
    switch (role) {
        case Qt::DisplayRole: return word(best);
        case kCsvRole: return tr("%1 (%2)").arg(word(best)).arg(static_cast<double>(lens()->probabilities[best]), 0, 'g', 6);
        case kHeatRole: return static_cast<double>(lens()->probabilities[best]);
        case Qt::AccessibleTextRole: return sentence(index);
        case Qt::ToolTipRole: {
            QString text = tr("After “%1”, %2:").arg(tokenName(index.column()), rowName(index.row()));
            for (std::int64_t place = 0; place < lens()->top; ++place) {
                const std::size_t at = lens()->at(index.row(), index.column(), place);
                text += u'\n' + tr("“%1” %2").arg(word(at), formatPercent(static_cast<double>(lens()->probabilities[at])));
            }
            return text;
        }
        default: return {};
    }
}

QString LensModel::sentence(const QModelIndex& index) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
    const std::size_t best = lens()->at(index.row(), index.column(), 0);
    //: %1 a token, %2 its position, %3 "layer 3", %4 another token, %5 a percentage
    return tr("after “%1” (%2), %3: “%4” with %5")
        .arg(tokenName(index.column()), QString::number(index.column()), rowName(index.row()), word(best),
             formatPercent(static_cast<double>(lens()->probabilities[best])));
}

QVariant LensModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (section < 0 || section >= (orientation == Qt::Horizontal ? columnCount() : rowCount())) return {};
    if (role == Qt::DisplayRole) return orientation == Qt::Horizontal ? tokenName(section) : rowName(section);
    if (role == Qt::ToolTipRole) {
        return orientation == Qt::Horizontal
                   ? tr("Position %1: the column shows what is expected to follow this word").arg(section)
                   : tr("What the network would say if it ended here: the last norm and the output matrix on the stream at this place");
    }
    return {};
}

}  // namespace loom::ui
