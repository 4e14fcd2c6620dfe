// SPDX-License-Identifier: GPL-3.0-or-later
// CacheLayersModel: one row per layer and lane.
#include "widgets/itemmodels/cache_layers_model.h"

#include <QLocale>

#include "widgets/itemmodels/cache_model.h"

namespace loom::ui {

CacheLayersModel::CacheLayersModel(QObject* parent) : QAbstractTableModel(parent) {}

void CacheLayersModel::setUse(const CacheUse& use) {
    const bool sameShape = m_use.spec == use.spec && m_use.layers.size() == use.layers.size();
    if (!sameShape) beginResetModel();
    m_use = use;
    if (!sameShape) {
        endResetModel();
    } else if (rowCount() > 0) {
        emit dataChanged(index(0, UsedColumn), index(rowCount() - 1, AllocatedColumn));
    }
}

void CacheLayersModel::clear() {
    beginResetModel();
    m_use = {};
    endResetModel();
}

int CacheLayersModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_use.layers.size() * m_use.spec.lanes.size());
}

int CacheLayersModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

std::int64_t CacheLayersModel::number(int row, int column) const {
    const std::size_t lanes = m_use.spec.lanes.size();
    const LayerUse& layer = m_use.layers[static_cast<std::size_t>(row) / lanes];
    const std::int64_t width = m_use.spec.lanes[static_cast<std::size_t>(row) % lanes].width;
    const std::int64_t all = m_use.spec.elementsPerTokenPerLayer();
    switch (column) {
        case LayerColumn: return layer.layer.value();
        case NumbersColumn: return width;
        case UsedColumn: return width * bytesPerElement(m_use.spec.dtype) * m_use.usedTokens;
        case AllocatedColumn: return all > 0 ? layer.bytes / all * width + layer.bytes % all * width / all : 0;
        default: return 0;
    }
}

QVariant CacheLayersModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
    const bool isText = index.column() == LaneColumn;
    if (role == Qt::TextAlignmentRole) return QVariant((isText ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::UserRole) return {};
    if (isText) return laneTitle(m_use.spec.lanes[static_cast<std::size_t>(index.row()) % m_use.spec.lanes.size()].lane);
    const std::int64_t value = number(index.row(), index.column());
    if (role == Qt::UserRole) return QVariant::fromValue<qint64>(value);
    return QLocale().toString(static_cast<qlonglong>(value));
}

QVariant CacheLayersModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::TextAlignmentRole) return QVariant((section == LaneColumn ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case LayerColumn: return tr("layer");
        case LaneColumn: return tr("lane");
        case NumbersColumn: return tr("numbers per token");
        case UsedColumn: return tr("bytes used");
        default: return tr("bytes allocated");
    }
}

}  // namespace loom::ui
