// SPDX-License-Identifier: GPL-3.0-or-later
// HeadsModel: triangle storage, running statistics and thumbnails that grow with the story.
#include "widgets/itemmodels/heads_model.h"

#include <algorithm>
#include <cmath>

namespace loom::ui {

namespace {

/// sqrt(weight) rounded to 254 steps.
int levelOf(float weight) {
    if (!(weight > 0)) return 0;  // NaN counts as 0
    return std::min(HeadsModel::kTopLevel, static_cast<int>(std::lround(std::sqrt(weight) * static_cast<float>(HeadsModel::kTopLevel))));
}

QList<QRgb> greyTable() {
    QList<QRgb> table(256);
    for (int i = 0; i <= HeadsModel::kTopLevel; ++i) table[i] = qRgb(i, i, i);
    table[HeadsModel::kMasked] = qRgba(0, 0, 0, 0);
    return table;
}

}  // namespace

HeadsModel::HeadsModel(QObject* parent) : QAbstractListModel(parent) {}

std::size_t HeadsModel::offset(int query) const {
    const auto q = static_cast<std::size_t>(query);
    return static_cast<std::size_t>(m_heads) * (q * (q + 1) / 2);
}

void HeadsModel::setMap(const std::shared_ptr<const AttentionMap>& map) {
    if (!map || map->heads <= 0 || map->tokens <= 0 || map->heads > 65536 || map->tokens > 65536 ||
        map->weights.size() != static_cast<std::size_t>(map->heads * map->tokens * map->tokens)) {
        clear();
        return;
    }
    beginResetModel();
    m_layer = map->layer;
    m_heads = static_cast<int>(map->heads);
    m_tokens = static_cast<int>(map->tokens);
    m_weights.clear();
    m_weights.reserve(offset(m_tokens));
    const auto side = static_cast<std::size_t>(m_tokens);
    for (std::size_t q = 0; q < side; ++q) {
        for (std::size_t h = 0; h < static_cast<std::size_t>(m_heads); ++h) {
            const float* from = map->weights.data() + (h * side + q) * side;
            m_weights.insert(m_weights.end(), from, from + q + 1);
        }
    }
    m_entropy.assign(static_cast<std::size_t>(m_heads), 0.0);
    m_distance.assign(static_cast<std::size_t>(m_heads), 0.0);
    for (int q = 0; q < m_tokens; ++q) addStatistics(q);
    m_thumbnails.assign(static_cast<std::size_t>(m_heads), {});
    endResetModel();
}

void HeadsModel::appendRow(const std::shared_ptr<const AttentionRow>& row) {
    if (!row || row->heads <= 0 || row->heads > 65536 || row->position != m_tokens || row->position >= 65536) return;
    if (row->weights.size() != static_cast<std::size_t>(row->heads * (row->position + 1))) return;
    const bool first = m_tokens == 0;
    if (!first && (row->layer != m_layer || row->heads != m_heads)) return;
    if (first) {
        beginResetModel();
        m_layer = row->layer;
        m_heads = static_cast<int>(row->heads);
        m_entropy.assign(static_cast<std::size_t>(m_heads), 0.0);
        m_distance.assign(static_cast<std::size_t>(m_heads), 0.0);
        m_thumbnails.assign(static_cast<std::size_t>(m_heads), {});
        m_weights.clear();
    }
    m_weights.insert(m_weights.end(), row->weights.begin(), row->weights.end());
    ++m_tokens;
    addStatistics(m_tokens - 1);
    if (first) {
        endResetModel();
        return;
    }
    emit dataChanged(index(0), index(m_heads - 1), {ThumbnailRole, EntropyRole, DistanceRole});
    emit grew(m_tokens - 1);
}

void HeadsModel::truncate(int length) {
    if (length >= m_tokens) return;
    if (length <= 0) {
        clear();
        return;
    }
    beginResetModel();
    m_tokens = length;
    m_weights.resize(offset(length));
    m_entropy.assign(m_entropy.size(), 0.0);
    m_distance.assign(m_distance.size(), 0.0);
    for (int q = 0; q < m_tokens; ++q) addStatistics(q);
    m_thumbnails.assign(static_cast<std::size_t>(m_heads), {});
    endResetModel();
}

void HeadsModel::clear() {
    if (m_heads == 0) return;
    beginResetModel();
    m_heads = 0;
    m_tokens = 0;
    m_layer = LayerIndex();
    m_weights = {};
    m_entropy.clear();
    m_distance.clear();
    m_thumbnails.clear();
    endResetModel();
}

float HeadsModel::at(int head, int query, int key) const { return key > query ? 0.0F : row(head, query)[key]; }

const float* HeadsModel::row(int head, int query) const {
    return m_weights.data() + offset(query) + static_cast<std::size_t>(head) * static_cast<std::size_t>(query + 1);
}

int HeadsModel::level(float weight) { return levelOf(weight); }

void HeadsModel::addStatistics(int query) {
    for (int h = 0; h < m_heads; ++h) {
        const float* weights = row(h, query);
        double entropy = 0;
        double distance = 0;
        for (int k = 0; k <= query; ++k) {
            const double w = static_cast<double>(weights[k]);
            if (!(w > 0)) continue;
            entropy -= w * std::log(w);
            distance += w * (query - k);
        }
        m_entropy[static_cast<std::size_t>(h)] += entropy;
        m_distance[static_cast<std::size_t>(h)] += distance;
    }
}

// Cell (x, y) of the image holds the largest weight of queries [y·block, …) and keys [x·block, …).
// A block at the end of the image may still be incomplete: its row is computed again when a query arrives.
void HeadsModel::fillLevels(Thumbnail& thumbnail, int head, int side) const {
    const int block = (m_tokens + side - 1) / side;
    const int cells = (m_tokens + block - 1) / block;
    if (thumbnail.block != block || thumbnail.rows > m_tokens) {
        thumbnail = {};
        thumbnail.block = block;
    }
    if (thumbnail.image.width() != cells) {
        QImage grown(cells, cells, QImage::Format_Indexed8);
        grown.setColorTable(greyTable());
        grown.fill(static_cast<uint>(kMasked));
        for (int y = 0; y < std::min(cells, thumbnail.image.height()); ++y) {
            std::copy_n(thumbnail.image.constScanLine(y), thumbnail.image.width(), grown.scanLine(y));
        }
        thumbnail.image = grown;
    }
    std::vector<float> largest(static_cast<std::size_t>(cells));
    for (int y = thumbnail.rows / block; y < cells; ++y) {
        std::fill(largest.begin(), largest.end(), 0.0F);
        const int last = std::min(m_tokens, (y + 1) * block) - 1;
        for (int q = y * block; q <= last; ++q) {
            const float* weights = row(head, q);
            for (int k = 0; k <= q; ++k) {
                float& cell = largest[static_cast<std::size_t>(k / block)];
                cell = std::max(cell, weights[k]);
            }
        }
        uchar* line = thumbnail.image.scanLine(y);
        for (int x = 0; x <= y; ++x) line[x] = static_cast<uchar>(levelOf(largest[static_cast<std::size_t>(x)]));
    }
    thumbnail.rows = m_tokens;
}

QImage HeadsModel::levels(int head, int side) const {
    if (head < 0 || head >= m_heads || side <= 0) return {};
    Thumbnail picture;
    fillLevels(picture, head, side);
    return picture.image;
}

int HeadsModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_heads; }

QVariant HeadsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const auto head = static_cast<std::size_t>(index.row());
    const double entropy = m_entropy[head] / m_tokens;
    const double distance = m_distance[head] / m_tokens;
    switch (role) {
        case Qt::DisplayRole: return tr("head %1").arg(index.row());
        case Qt::ToolTipRole:
            return tr("Head %1: entropy %2 nats (0 = always one word), looks back %3 tokens on average")
                .arg(index.row())
                .arg(entropy, 0, 'f', 2)
                .arg(distance, 0, 'f', 1);
        case ThumbnailRole: fillLevels(m_thumbnails[head], index.row(), kThumbnailSide); return m_thumbnails[head].image;
        case EntropyRole: return entropy;
        case DistanceRole: return distance;
        case HeadRole: return index.row();
        default: return {};
    }
}

QHash<int, QByteArray> HeadsModel::roleNames() const {
    QHash<int, QByteArray> names = QAbstractListModel::roleNames();
    names.insert({{ThumbnailRole, "thumbnail"}, {EntropyRole, "entropy"}, {DistanceRole, "distance"}, {HeadRole, "head"}});
    return names;
}

}  // namespace loom::ui
