// SPDX-License-Identifier: GPL-3.0-or-later
// StoryTreeModel: the passages of a story and its versions, with what each costs in the cache.
#pragma once

#include <cstdint>
#include <vector>

#include <QAbstractItemModel>
#include <QString>

#include "core/data/story_tree.h"

namespace loom::ui {

/// What a token costs in the cache of the open network, and in that of the other attention form.
struct TokenPrice {
    std::int64_t bytes = 0;  ///< per token, all layers; 0 = not known
    std::int64_t otherBytes = 0;
    QString name, otherName;  ///< of the networks or forms, for people
    bool operator==(const TokenPrice&) const = default;
};

/// Passages that follow each other without a choice stand below each other; where there is a choice, its versions are one step further in.
class StoryTreeModel final : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { TextColumn, CostColumn, ColumnCount };
    enum Role {
        IdRole = Qt::UserRole + 1,  ///< qlonglong, the passage
        OriginRole,                 ///< int, a loom::PassageOrigin
        BookmarkedRole,             ///< bool
        ShownRole,                  ///< bool, belongs to the story that is shown
        SearchRole                  ///< QString, whole text and note
    };
    Q_ENUM(Role)

    explicit StoryTreeModel(QObject* parent = nullptr);

    /// Rows that stay where they are only change; otherwise the model is reset.
    void setTree(const StoryTree& tree);
    void setPrice(const TokenPrice& price);
    [[nodiscard]] const StoryTree& tree() const { return m_tree; }
    /// The row of a passage; invalid where it is not there.
    [[nodiscard]] QModelIndex indexOf(PassageId id) const;
    [[nodiscard]] static PassageId passage(const QModelIndex& index) { return PassageId(index.data(IdRole).toLongLong()); }
    /// What all versions cost together, and what sharing their beginnings saves; empty without a version.
    [[nodiscard]] QString total() const;

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

private:
    struct Row {
        PassageId id;
        int parent = -1;  ///< among m_rows; −1 = top level
        int place = 0;    ///< among its siblings
        std::vector<int> children;
        bool operator==(const Row&) const = default;
    };
    [[nodiscard]] const Row& row(const QModelIndex& index) const { return m_rows[static_cast<std::size_t>(index.internalId())]; }
    [[nodiscard]] static std::vector<Row> rowsOf(const StoryTree& tree);
    [[nodiscard]] QString toolTip(PassageId id) const;
    void findShown();

    StoryTree m_tree;
    TokenPrice m_price;
    std::vector<Row> m_rows;
    std::vector<int> m_top;
    std::vector<bool> m_shown;  ///< by row
};

}  // namespace loom::ui
