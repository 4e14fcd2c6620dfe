// SPDX-License-Identifier: GPL-3.0-or-later
// ShiftModel: the likeliest next tokens before and after something was switched off.
#pragma once

#include <memory>
#include <vector>

#include <QAbstractTableModel>

#include "core/data/look.h"

namespace loom::ui {

/// The ten likeliest before, best first, then those of the ten likeliest after that were not among them.
class ShiftModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Token, Before, After, Change, ColumnCount };
    enum Role { ShareRole = Qt::UserRole + 1 };  ///< float, 0 … 1, of the columns Before and After

    using QAbstractTableModel::QAbstractTableModel;

    /// An answer to another question, or null, clears.
    void setAnswer(const std::shared_ptr<const LookAnswer>& answer);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Row {
        QString word;
        float before = 0;
        float after = 0;
    };
    std::vector<Row> m_rows;
};

}  // namespace loom::ui
