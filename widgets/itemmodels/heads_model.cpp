// SPDX-License-Identifier: GPL-3.0-or-later
// HeadsModel: running sums and thumbnails that grow with the story.
#include "widgets/itemmodels/heads_model.h"

#include <algorithm>

#include "widgets/common/workshop.h"

namespace loom::ui {

namespace {

/// What takes more weights than this (some milliseconds) is made in the background.
constexpr std::int64_t kManyWeights = 200'000;

}  // namespace

HeadsModel::HeadsModel(QObject* parent) : QAbstractListModel(parent) {}

HeadsModel::~HeadsModel() = default;

void HeadsModel::setMap(const std::shared_ptr<const AttentionMap>& map) {
    HeadValues values;
    if (!map || !values.setSquare({map, &map->weights}, map->heads, map->tokens)) {
        clear();
        return;
    }
    beginResetModel();
    m_layer = map->layer;
    m_scale = ValueScale::Weights;
    m_values = std::move(values);
    countAll();
    endResetModel();
}

void HeadsModel::setScores(LayerIndex layer, const std::shared_ptr<const std::vector<float>>& numbers, std::int64_t heads,
                           std::int64_t tokens) {
    HeadValues values;
    if (!values.setSquare(numbers, heads, tokens)) {
        clear();
        return;
    }
    beginResetModel();
    m_layer = layer;
    m_scale = ValueScale::Signed;
    m_values = std::move(values);
    countAll();
    endResetModel();
}

void HeadsModel::appendRow(const std::shared_ptr<const AttentionRow>& row) {
    if (!row || row->heads <= 0 || row->heads > 65536 || row->position != tokens() || row->position >= 65536) return;
    if (row->weights.size() != static_cast<std::size_t>(row->heads * (row->position + 1))) return;
    const bool first = tokens() == 0;
    if (!first && (row->layer != m_layer || row->heads != heads() || m_scale != ValueScale::Weights)) return;
    if (first) {
        beginResetModel();
        m_layer = row->layer;
        m_scale = ValueScale::Weights;
        m_values.append(row);
        countAll();
        endResetModel();
        return;
    }
    m_values.append(row);
    for (int head = 0; head < heads(); ++head) {
        const HeadValues::Sums more = m_values.sums(head, tokens() - 1);
        HeadValues::Sums& sums = m_states[static_cast<std::size_t>(head)].sums;
        sums.entropy += more.entropy;
        sums.distance += more.distance;
    }
    emit dataChanged(index(0), index(heads() - 1), {ThumbnailRole, EntropyRole, DistanceRole});
    emit grew(tokens() - 1);
}

void HeadsModel::truncate(int length) {
    if (length >= tokens()) return;
    if (length <= 0) {
        clear();
        return;
    }
    beginResetModel();
    m_values.truncate(length);
    countAll();
    endResetModel();
}

void HeadsModel::clear() {
    if (heads() == 0) return;
    beginResetModel();
    m_layer = LayerIndex();
    m_values.clear();
    countAll();
    endResetModel();
}

void HeadsModel::countAll() {
    if (m_workshop) m_workshop->clear();
    m_states.assign(static_cast<std::size_t>(heads()), {});
    const std::int64_t weights = static_cast<std::int64_t>(heads()) * tokens() * (tokens() + 1) / 2;
    for (int head = 0; head < heads(); ++head) {
        Head& state = m_states[static_cast<std::size_t>(head)];
        if (m_scale == ValueScale::Signed) {
            state.limit = m_values.largest(head);
        } else if (weights > kManyWeights) {
            countInBackground(head);
        } else {
            state.sums = m_values.sums(head, 0);
        }
    }
}

void HeadsModel::countInBackground(int head) {
    if (!m_workshop) m_workshop = std::make_unique<Workshop>();
    m_states[static_cast<std::size_t>(head)].summing = true;
    m_workshop->run([this, values = m_values, head, block = thumbnailBlock()]() -> Workshop::Finish {
        const HeadValues::Sums sums = values.sums(head, 0);
        const QImage image = values.levels(head, kThumbnailSide, ValueScale::Weights, 1);
        return [this, sums, image, head, block, rows = values.tokens()] {
            Head& state = m_states[static_cast<std::size_t>(head)];
            state.sums.entropy += sums.entropy;  // rows that came meanwhile are there already
            state.sums.distance += sums.distance;
            state.thumbnail = {image, block, rows};
            state.summing = false;
            emit dataChanged(index(head), index(head), {ThumbnailRole, EntropyRole, DistanceRole});
        };
    });
}

void HeadsModel::setLimits(const std::vector<float>& limits) {
    if (limits.size() != m_states.size() || limits.empty()) return;
    for (std::size_t head = 0; head < limits.size(); ++head) {
        m_states[head].limit = limits[head];
        m_states[head].thumbnail = {};
    }
    emit dataChanged(index(0), index(heads() - 1), {ThumbnailRole});
}

float HeadsModel::limit(int head) const { return head >= 0 && head < heads() ? m_states[static_cast<std::size_t>(head)].limit : 1.0F; }

float HeadsModel::at(int head, int query, int key) const { return key > query ? 0.0F : row(head, query)[key]; }

// A block at the end of the image may still be incomplete: its row is computed again when a query arrives.
void HeadsModel::fillThumbnail(int head) const {
    Thumbnail& thumbnail = m_states[static_cast<std::size_t>(head)].thumbnail;
    const int block = thumbnailBlock();
    const int cells = (tokens() + block - 1) / block;
    if (thumbnail.block != block) {
        thumbnail = {};
        thumbnail.block = block;
    }
    if (thumbnail.image.width() != cells) {
        QImage grown = maskedImage(cells);
        for (int y = 0; y < std::min(cells, thumbnail.image.height()); ++y)
            std::copy_n(thumbnail.image.constScanLine(y), thumbnail.image.width(), grown.scanLine(y));
        thumbnail.image = grown;
    }
    m_values.fillLevels(thumbnail.image, head, block, thumbnail.rows / block, m_scale, limit(head));
    thumbnail.rows = tokens();
}

QImage HeadsModel::levels(int head, int side) const { return m_values.levels(head, side, m_scale, limit(head)); }

int HeadsModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : heads(); }

QVariant HeadsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Head& state = m_states[static_cast<std::size_t>(index.row())];
    const double entropy = state.sums.entropy / tokens();
    const double distance = state.sums.distance / tokens();
    const bool summed = !state.summing && m_scale == ValueScale::Weights;
    switch (role) {
        case Qt::DisplayRole: return tr("head %1").arg(index.row());
        case Qt::ToolTipRole:
            if (!summed) return tr("Head %1").arg(index.row());
            return tr("Head %1: entropy %2 nats (0 = always one word), looks back %3 tokens on average")
                .arg(index.row())
                .arg(entropy, 0, 'f', 2)
                .arg(distance, 0, 'f', 1);
        case ThumbnailRole:
            if (state.summing) return QImage();
            fillThumbnail(index.row());
            return state.thumbnail.image;
        case EntropyRole: return summed ? QVariant(entropy) : QVariant();
        case DistanceRole: return summed ? QVariant(distance) : QVariant();
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
