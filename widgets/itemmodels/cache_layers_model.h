// SPDX-License-Identifier: GPL-3.0-or-later
// CacheLayersModel: the bytes of every layer and lane as a table.
#pragma once

#include <QAbstractTableModel>

#include "core/data/cache_occupancy.h"

namespace loom::ui {

class CacheLayersModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { LayerColumn, LaneColumn, NumbersColumn, UsedColumn, AllocatedColumn, ColumnCount };

    explicit CacheLayersModel(QObject* parent = nullptr);

    /// Allocated bytes come from the layer's buffers, split by lane width; used bytes = width × element size × tokens.
    void setUse(const CacheUse& use);
    void clear();

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] std::int64_t number(int row, int column) const;

    CacheUse m_use;
};

}  // namespace loom::ui
