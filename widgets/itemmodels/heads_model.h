// SPDX-License-Identifier: GPL-3.0-or-later
// HeadsModel: the attention of one layer, one row per head, growing while a story is written; or a part of its scores.
#pragma once

#include <memory>
#include <vector>

#include <QAbstractListModel>
#include <QImage>

#include "core/data/attention_map.h"
#include "widgets/itemmodels/head_values.h"

namespace loom::ui {

class Workshop;

class HeadsModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        ThumbnailRole = Qt::UserRole + 1,  ///< QImage, Format_Indexed8 of colour indices; null while it is being made
        EntropyRole,                       ///< double, nats, averaged over the queries; invalid while it is being summed, and for scores
        DistanceRole,                      ///< double, tokens: mean of weight × (query − key); likewise
        HeadRole,                          ///< int
    };
    /// Colour index of a cell that cannot be looked at; all lower indices are numbers.
    static constexpr int kMasked = kMaskedLevel;
    /// Colour index of the weight 1.
    static constexpr int kTopLevel = ui::kTopLevel;
    /// A thumbnail has at most this many cells a side; longer stories show the largest weight of each block.
    static constexpr int kThumbnailSide = 128;

    explicit HeadsModel(QObject* parent = nullptr);
    ~HeadsModel() override;

    /// Replaces everything. A null or malformed map (wrong number of weights) clears. Sums and thumbnails of a large map come a little
    /// later, with dataChanged.
    void setMap(const std::shared_ptr<const AttentionMap>& map);
    /// Scores instead of weights: numbers [H, T, T] of either sign.
    void setScores(LayerIndex layer, const std::shared_ptr<const std::vector<float>>& numbers, std::int64_t heads, std::int64_t tokens);
    /// The strongest colour's number for each head, for instance one that two parts share. Ignored unless there is one for each.
    void setLimits(const std::vector<float>& limits);
    /// Adds one query. Ignored unless position == tokens(), the layer and the number of heads fit and the weights are complete.
    void appendRow(const std::shared_ptr<const AttentionRow>& row);
    /// Forgets every query from `length` on.
    void truncate(int length);
    void clear();

    [[nodiscard]] int heads() const { return m_values.heads(); }
    [[nodiscard]] int tokens() const { return m_values.tokens(); }
    [[nodiscard]] LayerIndex layer() const { return m_layer; }
    /// What the colour indices mean.
    [[nodiscard]] ValueScale scale() const { return m_scale; }
    /// The number that has the strongest colour in this head: 1 for weights, the score farthest from 0.
    [[nodiscard]] float limit(int head) const;
    /// For other threads.
    [[nodiscard]] const HeadValues& values() const { return m_values; }
    /// 0 for key > query. All three must be in range.
    [[nodiscard]] float at(int head, int query, int key) const;
    /// The query + 1 numbers of one query in one head.
    [[nodiscard]] const float* row(int head, int query) const { return m_values.row(head, query); }
    /// Colour index of a weight on the square-root scale: 0 … kTopLevel.
    [[nodiscard]] static int level(float weight) { return weightLevel(weight); }
    /// Square image of colour indices, at most `side` cells wide; each cell has the number of its block that is farthest from 0.
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
    struct Head {
        HeadValues::Sums sums;
        bool summing = false;  ///< the first queries are not in the sums yet
        float limit = 1;
        mutable Thumbnail thumbnail = {};
    };

    /// Begins anew with what m_values holds.
    void countAll();
    void countInBackground(int head);
    [[nodiscard]] int thumbnailBlock() const { return (tokens() + kThumbnailSide - 1) / kThumbnailSide; }
    void fillThumbnail(int head) const;

    LayerIndex m_layer;
    ValueScale m_scale = ValueScale::Weights;
    HeadValues m_values;
    std::vector<Head> m_states;
    std::unique_ptr<Workshop> m_workshop;  ///< made for the first large map
};

}  // namespace loom::ui
