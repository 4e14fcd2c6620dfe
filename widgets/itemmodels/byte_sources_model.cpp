// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/byte_sources_model.h"

#include <cmath>

#include <QPainter>
#include <QPixmap>

#include "core/data/presets.h"
#include "widgets/common/number_format.h"

namespace loom::ui {
namespace {

constexpr const char* kPaperRows[] = {"paper-9l-mha", "paper-9l-mla-r2", "paper-9l-mla-r4"};

ByteSource sourceOf(int column) { return static_cast<ByteSource>(column - ByteSourcesModel::Paper); }

}  // namespace

QString byteSourceTitle(ByteSource source) {
    switch (source) {
        case ByteSource::Paper: return ByteSourcesModel::tr("paper");
        case ByteSource::Formula: return ByteSourcesModel::tr("formula");
        case ByteSource::Tensors: return ByteSourcesModel::tr("tensors");
        case ByteSource::Allocator: return ByteSourcesModel::tr("allocator");
    }
    return {};
}

QString byteSourceHelp(ByteSource source) {
    switch (source) {
        case ByteSource::Paper: return ByteSourcesModel::tr("Reported by the paper or its authors, as they print it");
        case ByteSource::Formula: return ByteSourcesModel::tr("Computed from the shapes: elements per token and layer × layers × bytes");
        case ByteSource::Tensors: return ByteSourcesModel::tr("Read from the buffers that are in memory now, summed over all layers");
        case ByteSource::Allocator: return ByteSourcesModel::tr("Counted where the engine's memory is given out");
    }
    return {};
}

QIcon byteSourceChip(ByteSource source, const QColor& ink) {
    QPixmap picture(24, 24);
    picture.setDevicePixelRatio(2);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    QPen pen(ink, 1.2);
    if (source == ByteSource::Formula) pen.setDashPattern({2, 1.5});
    painter.setPen(pen);
    const bool solid = source == ByteSource::Tensors || source == ByteSource::Allocator;
    painter.setBrush(solid ? QBrush(ink) : QBrush(Qt::NoBrush));
    painter.drawRoundedRect(QRectF(2, 2, 8, 8), 2, 2);
    if (source == ByteSource::Allocator) painter.drawLine(QPointF(6, 0), QPointF(6, 12));
    return QIcon(picture);
}

ByteSourcesModel::ByteSourcesModel(QObject* parent) : QAbstractTableModel(parent) { setContestants({}); }

std::vector<ByteSourcesModel::Row> ByteSourcesModel::paperRows() {
    std::vector<Row> rows;
    for (const char* name : kPaperRows) {
        const Preset& preset = presetNamed(name);
        const CacheSpec spec = cacheSpec(preset.config, MlaPath::Absorbed, DType::BF16);
        Row row;
        row.name = tr("paper, 9 layers, %1, 16 bits").arg(QString::fromStdString(attentionShortName(preset.config.attention)));
        if (preset.config.attention.latent == Latent::PerHead) {
            row.name = tr("paper, 9 layers, MLA r = d/%1, 16 bits").arg(preset.config.attention.headDim / preset.config.attention.kRank);
        }
        row.help = tr("%1 (%2). What the paper prints and what its formula gives disagree; both are shown.")
                       .arg(QString::fromStdString(preset.description), QString::fromStdString(preset.source));
        if (preset.reportedMegabytes) row.bytes[0] = std::llround(*preset.reportedMegabytes * 1e6);
        row.bytes[1] = spec.bytesPerToken();
        row.form = spec.form;
        row.missing = tr("not loaded");
        rows.push_back(std::move(row));
    }
    return rows;
}

void ByteSourcesModel::setContestants(const std::vector<TwinContestant>& contestants) {
    beginResetModel();
    m_rows.clear();
    m_contestants = contestants.size();
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        const TwinContestant& contestant = contestants[i];
        Row row;
        row.name = QStringLiteral("%1 · %2").arg(QChar(u'A' + static_cast<char16_t>(i))).arg(QString::fromStdString(contestant.name));
        row.help = QString::fromStdString(contestant.cache.equation());
        row.bytes[1] = contestant.cache.bytesPerToken();
        row.form = contestant.cache.form;
        m_rows.push_back(std::move(row));
    }
    if (m_contestants > 0) {
        Row all;
        all.name = tr("all caches, allocated now");
        all.help = tr("Not per token: everything that the caches take at this moment");
        m_rows.push_back(std::move(all));
    }
    for (Row& row : paperRows()) m_rows.push_back(std::move(row));
    endResetModel();
}

void ByteSourcesModel::setUses(const std::vector<CacheUse>& uses, std::int64_t allocatorBytes) {
    if (m_contestants == 0 || uses.size() != m_contestants) return;
    std::int64_t formula = 0, tensors = 0;
    for (std::size_t i = 0; i < m_contestants; ++i) {
        std::int64_t layers = 0;
        for (const LayerUse& layer : uses[i].layers) layers += layer.bytes;
        m_rows[i].bytes[2].reset();
        if (uses[i].capacityTokens > 0) m_rows[i].bytes[2] = layers / uses[i].capacityTokens;
        formula += uses[i].spec.bytesPerToken() * uses[i].capacityTokens;
        tensors += layers;
    }
    Row& all = m_rows[m_contestants];
    all.bytes[1] = formula;
    all.bytes[2] = tensors;
    all.bytes[3] = allocatorBytes;
    emit dataChanged(index(0, Paper), index(static_cast<int>(m_contestants), Allocator));
}

int ByteSourcesModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }
int ByteSourcesModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant ByteSourcesModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= ColumnCount) return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole) return row.help;
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue((index.column() == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (index.column() == Name) return role == Qt::DisplayRole ? QVariant(row.name) : QVariant();
    const std::optional<std::int64_t>& bytes = row.bytes[static_cast<int>(sourceOf(index.column()))];
    if (role == BytesRole) return bytes ? QVariant(static_cast<qlonglong>(*bytes)) : QVariant();
    if (role != Qt::DisplayRole) return {};
    const bool paperOfOurs = !bytes && index.column() == Paper;
    return bytes ? formatBytesExact(*bytes) : paperOfOurs ? QStringLiteral("–") : row.missing;
}

QVariant ByteSourcesModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::TextAlignmentRole) return QVariant::fromValue((section == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (section == Name) return role == Qt::DisplayRole ? QVariant(tr("bytes per token")) : QVariant();
    if (role == Qt::DisplayRole) return byteSourceTitle(sourceOf(section));
    if (role == Qt::ToolTipRole) return byteSourceHelp(sourceOf(section));
    if (role == Qt::DecorationRole) return byteSourceChip(sourceOf(section), QColor(0x88, 0x88, 0x88));
    return {};
}

}  // namespace loom::ui
