// SPDX-License-Identifier: GPL-3.0-or-later
// ByteSourcesModel: bytes per token from four sources, a column each, so that none is taken for another.
#pragma once

#include <optional>
#include <vector>

#include <QAbstractTableModel>
#include <QIcon>
#include <QString>

#include "core/data/cache_occupancy.h"
#include "core/data/twin_update.h"

namespace loom::ui {

/// Where a figure comes from: what a paper prints, what the shapes say, the buffers in memory, the allocator that gave them out.
enum class ByteSource { Paper, Formula, Tensors, Allocator };
[[nodiscard]] QString byteSourceTitle(ByteSource source);
[[nodiscard]] QString byteSourceHelp(ByteSource source);
/// Hollow, dashed, solid, solid with a bar, in `ink`.
[[nodiscard]] QIcon byteSourceChip(ByteSource source, const QColor& ink);

class ByteSourcesModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Paper, Formula, Tensors, Allocator, ColumnCount };
    enum Role { BytesRole = Qt::UserRole + 1 };  ///< qlonglong; invalid where there is no figure

    explicit ByteSourcesModel(QObject* parent = nullptr);

    /// Rows: each contestant, all caches together, then what the paper reports.
    void setContestants(const std::vector<TwinContestant>& contestants);
    void setUses(const std::vector<CacheUse>& uses, std::int64_t allocatorBytes);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        QString name, help;
        std::optional<std::int64_t> bytes[4] = {};  ///< by ByteSource
        std::optional<CacheForm> form = {};
        QString missing = QStringLiteral("–");  ///< in cells without a figure
    };
    [[nodiscard]] static std::vector<Row> paperRows();

    std::vector<Row> m_rows;
    std::size_t m_contestants = 0;
};

}  // namespace loom::ui
