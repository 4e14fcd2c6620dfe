// SPDX-License-Identifier: GPL-3.0-or-later
// CacheModel: rows are layers times lanes, columns are positions.
#include "widgets/itemmodels/cache_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loom::ui {

namespace {
constexpr std::int64_t kLargestCapacity = 1'000'000;
constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
}  // namespace

QString laneTitle(CacheLane lane) {
    switch (lane) {
        case CacheLane::Keys: return CacheModel::tr("keys");
        case CacheLane::Values: return CacheModel::tr("values");
        case CacheLane::Latent: return CacheModel::tr("latent");
        case CacheLane::RotaryKey: return CacheModel::tr("rotary key");
        case CacheLane::KeyLatent: return CacheModel::tr("key latents");
        case CacheLane::ValueLatent: return CacheModel::tr("value latents");
    }
    return {};
}

CacheModel::CacheModel(QObject* parent) : QAbstractTableModel(parent) {}

void CacheModel::setSpec(const CacheSpec& spec, std::int64_t capacity) {
    beginResetModel();
    m_spec = spec;
    m_capacity = static_cast<int>(std::clamp<std::int64_t>(capacity, 0, kLargestCapacity));
    m_used = 0;
    m_norms.clear();
    endResetModel();
}

void CacheModel::setUse(const CacheUse& use) {
    if (!(use.spec == m_spec) || use.capacityTokens != m_capacity) setSpec(use.spec, use.capacityTokens);
    setUsed(static_cast<int>(std::clamp<std::int64_t>(use.usedTokens, 0, m_capacity)));
}

void CacheModel::setUsed(int used) {
    if (used == m_used) return;
    const int from = std::min(used, m_used);
    const int to = std::max(used, m_used) - 1;
    m_used = used;
    const auto keep = static_cast<std::size_t>(used) * static_cast<std::size_t>(rowCount());
    if (m_norms.size() > keep) m_norms.resize(keep);
    if (rowCount() > 0) emit dataChanged(index(0, from), index(rowCount() - 1, to));
}

void CacheModel::setNorms(std::int64_t position, const std::vector<float>& laneNorms) {
    const auto rows = static_cast<std::size_t>(rowCount());
    if (position < 0 || position >= m_capacity || rows == 0 || laneNorms.size() != rows) return;
    const auto column = static_cast<std::size_t>(position);
    if (m_norms.size() < (column + 1) * rows) m_norms.resize((column + 1) * rows, kUnknown);
    std::copy(laneNorms.begin(), laneNorms.end(), m_norms.begin() + static_cast<std::ptrdiff_t>(column * rows));
    // A norm means that the position is in the cache; the next CacheUse says so too.
    const int first = std::min(m_used, static_cast<int>(position));
    m_used = std::max(m_used, static_cast<int>(position) + 1);
    emit dataChanged(index(0, first), index(rowCount() - 1, static_cast<int>(position)));
}

void CacheModel::truncate(std::int64_t length) { setUsed(static_cast<int>(std::clamp<std::int64_t>(length, 0, m_used))); }

void CacheModel::clear() { setSpec({}, 0); }

std::optional<float> CacheModel::norm(int row, int position) const {
    const auto rows = static_cast<std::size_t>(rowCount());
    const std::size_t at = static_cast<std::size_t>(position) * rows + static_cast<std::size_t>(row);
    if (row < 0 || position < 0 || row >= rowCount() || at >= m_norms.size() || std::isnan(m_norms[at])) return std::nullopt;
    return m_norms[at];
}

std::optional<std::pair<float, float>> CacheModel::normRange(int lane) const {
    std::optional<std::pair<float, float>> range;
    if (lane < 0 || lane >= lanes()) return range;
    for (std::size_t at = static_cast<std::size_t>(lane); at < m_norms.size(); at += static_cast<std::size_t>(lanes())) {
        const float value = m_norms[at];
        if (std::isnan(value)) continue;
        if (!range) range = {value, value};
        range = {std::min(range->first, value), std::max(range->second, value)};
    }
    return range;
}

std::int64_t CacheModel::laneBytes(int lane) const {
    if (lane < 0 || lane >= lanes()) return 0;
    return m_spec.lanes[static_cast<std::size_t>(lane)].width * bytesPerElement(m_spec.dtype);
}

int CacheModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : layers() * lanes(); }

int CacheModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_capacity; }

QVariant CacheModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
    const int lane = index.row() % lanes();
    const std::optional<float> value = norm(index.row(), index.column());
    switch (role) {
        case Qt::DisplayRole: return value ? QVariant(QString::number(static_cast<double>(*value), 'f', 2)) : QVariant();
        case FilledRole: return index.column() < m_used;
        case NormRole: return value ? QVariant(*value) : QVariant();
        case BytesRole: return QVariant::fromValue<qint64>(laneBytes(lane));
        case LaneRole: return static_cast<int>(m_spec.lanes[static_cast<std::size_t>(lane)].lane);
        case LayerRole: return index.row() / lanes();
        default: return {};
    }
}

QVariant CacheModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole || section < 0) return {};
    if (orientation == Qt::Horizontal) return section < m_capacity ? QVariant(section) : QVariant();
    if (section >= rowCount()) return {};
    return tr("layer %1 %2").arg(section / lanes()).arg(laneTitle(m_spec.lanes[static_cast<std::size_t>(section % lanes())].lane));
}

QHash<int, QByteArray> CacheModel::roleNames() const {
    QHash<int, QByteArray> names = QAbstractTableModel::roleNames();
    names.insert({{FilledRole, "filled"}, {NormRole, "norm"}, {BytesRole, "bytes"}, {LaneRole, "lane"}, {LayerRole, "layer"}});
    return names;
}

}  // namespace loom::ui
