// SPDX-License-Identifier: GPL-3.0-or-later
// HeadsModel: the attention of one layer, one row per head, growing while a story is written.
#pragma once

#include <memory>
#include <vector>

#include <QAbstractListModel>
#include <QImage>

#include "core/data/attention_map.h"

namespace loom::ui {

/// Owns the weights as a triangle: query q keeps H × (q + 1) numbers, nothing for the keys it cannot see.
class HeadsModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        ThumbnailRole = Qt::UserRole + 1,  ///< QImage, Format_Indexed8, see thumbnail()
        EntropyRole,                       ///< double, nats, averaged over the queries
        DistanceRole,                      ///< double, tokens: mean of weight × (query − key)
        HeadRole,                          ///< int
    };
    /// Colour index of a cell that cannot be looked at; all lower indices are weights.
    static constexpr int kMasked = 255;
    /// Colour index of the weight 1.
    static constexpr int kTopLevel = 254;
    /// A thumbnail has at most this many cells a side; longer stories show the largest weight of each block.
    static constexpr int kThumbnailSide = 128;

    explicit HeadsModel(QObject* parent = nullptr);

    /// Replaces everything. A null or malformed map (wrong number of weights) clears.
    void setMap(const std::shared_ptr<const AttentionMap>& map);
    /// Adds one query. Ignored unless position == tokens(), the layer and the number of heads fit and the weights are complete.
    void appendRow(const std::shared_ptr<const AttentionRow>& row);
    /// Forgets every query from `length` on.
    void truncate(int length);
    void clear();

    [[nodiscard]] int heads() const { return m_heads; }
    [[nodiscard]] int tokens() const { return m_tokens; }
    [[nodiscard]] LayerIndex layer() const { return m_layer; }
    /// 0 for key > query. All three must be in range.
    [[nodiscard]] float at(int head, int query, int key) const;
    /// The query + 1 weights of one query in one head.
    [[nodiscard]] const float* row(int head, int query) const;
    /// Colour index of a weight on the square-root scale: 0 … kTopLevel.
    [[nodiscard]] static int level(float weight);
    /// Square image of colour indices: level() or kMasked, at most `side` cells wide; each cell is the largest weight of its block.
    [[nodiscard]] QImage levels(int head, int side) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

signals:
    /// Queries from `first` on are new; emitted after dataChanged. Resets do not emit it.
    void grew(int first);

private:
    struct Thumbnail {
        QImage image;
        int block = 0;  ///< tokens per cell
        int rows = 0;   ///< queries already in the image
    };

    [[nodiscard]] std::size_t offset(int query) const;
    void addStatistics(int query);
    void fillLevels(Thumbnail& thumbnail, int head, int side) const;

    LayerIndex m_layer;
    int m_heads = 0;
    int m_tokens = 0;
    std::vector<float> m_weights;    // for each query: [H, query + 1]
    std::vector<double> m_entropy;   // [H], sums over the queries
    std::vector<double> m_distance;  // [H], sums over the queries
    mutable std::vector<Thumbnail> m_thumbnails;
};

}  // namespace loom::ui
