// SPDX-License-Identifier: GPL-3.0-or-later
// CacheModel: what the cache holds, one row per layer and lane, one column per position up to the capacity.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <QAbstractTableModel>

#include "core/data/cache_occupancy.h"

namespace loom::ui {

class CacheModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Role {
        FilledRole = Qt::UserRole + 1,  ///< bool
        NormRole,                       ///< float, L2 norm; invalid while unknown
        BytesRole,                      ///< qint64, bytes of this lane at one position
        LaneRole,                       ///< int, CacheLane
        LayerRole,                      ///< int
    };

    explicit CacheModel(QObject* parent = nullptr);

    /// A new, empty cache. A negative capacity counts as 0.
    void setSpec(const CacheSpec& spec, std::int64_t capacity);
    /// How much is filled now; another spec or capacity starts a new cache. Norms beyond the used positions are forgotten.
    void setUse(const CacheUse& use);
    /// Norms [L, lanes] of one position. Ignored when the position is out of range or the number of norms is wrong.
    void setNorms(std::int64_t position, const std::vector<float>& laneNorms);
    /// Only the first `length` positions stay filled.
    void truncate(std::int64_t length);
    void clear();

    [[nodiscard]] const CacheSpec& spec() const { return m_spec; }
    [[nodiscard]] int capacity() const { return m_capacity; }
    [[nodiscard]] int used() const { return m_used; }
    [[nodiscard]] int lanes() const { return static_cast<int>(m_spec.lanes.size()); }
    [[nodiscard]] int layers() const { return static_cast<int>(m_spec.layers); }
    [[nodiscard]] std::optional<float> norm(int row, int position) const;
    /// Smallest and largest norm seen in a lane over all layers, or nothing.
    [[nodiscard]] std::optional<std::pair<float, float>> normRange(int lane) const;
    /// Bytes of one lane of one layer at one position.
    [[nodiscard]] std::int64_t laneBytes(int lane) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

private:
    void setUsed(int used);

    CacheSpec m_spec;
    int m_capacity = 0;
    int m_used = 0;
    std::vector<float> m_norms;  // [positions, rows], NaN = unknown
};

/// Name of a lane for people: "latent", "rotary key", "keys", "values".
[[nodiscard]] QString laneTitle(CacheLane lane);

}  // namespace loom::ui
