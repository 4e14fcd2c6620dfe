// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/story_tree_model.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <QFont>
#include <QLocale>

#include "widgets/common/number_format.h"

namespace loom::ui {
namespace {

constexpr qsizetype kLongestText = 120;

QString fromUtf8(const std::string& text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

QString line(const Passage& passage) {
    const QString text = fromUtf8(passage.text()).simplified();
    if (text.isEmpty()) return passage.tokens.empty() ? QString() : fromUtf8(passage.tokens.back().label);
    return text.left(kLongestText);
}

}  // namespace

StoryTreeModel::StoryTreeModel(QObject* parent) : QAbstractItemModel(parent) {}

std::vector<StoryTreeModel::Row> StoryTreeModel::rowsOf(const StoryTree& tree) {
    std::vector<Row> rows;
    std::unordered_map<PassageId, int> at;
    std::vector<int> places(1, 0);  // [parent + 1]: how many rows it has
    for (const PassageId id : tree.all()) {
        const PassageId before = tree.at(id).parent;
        const bool choice = tree.at(before).children.size() > 1;
        int parent = -1;
        if (before != tree.root()) parent = choice ? at.at(before) : rows[static_cast<std::size_t>(at.at(before))].parent;
        at.emplace(id, static_cast<int>(rows.size()));
        rows.push_back({id, parent, places[static_cast<std::size_t>(parent + 1)]++, {}});
        places.push_back(0);
        if (parent >= 0) rows[static_cast<std::size_t>(parent)].children.push_back(static_cast<int>(rows.size()) - 1);
    }
    return rows;
}

void StoryTreeModel::findShown() {
    m_shown.assign(m_rows.size(), false);
    const std::vector<PassageId> path = m_tree.path(m_tree.current());
    const std::unordered_set<PassageId> shown(path.begin(), path.end());
    for (std::size_t i = 0; i < m_rows.size(); ++i) m_shown[i] = shown.contains(m_rows[i].id);
}

void StoryTreeModel::setTree(const StoryTree& tree) {
    std::vector<Row> rows = rowsOf(tree);
    if (rows == m_rows) {
        m_tree = tree;
        findShown();
        if (!m_rows.empty()) {
            for (const Row& parent : m_rows)
                if (!parent.children.empty())
                    emit dataChanged(indexOf(m_rows[static_cast<std::size_t>(parent.children.front())].id),
                                     indexOf(m_rows[static_cast<std::size_t>(parent.children.back())].id).siblingAtColumn(CostColumn));
            emit dataChanged(index(0, 0), index(rowCount() - 1, CostColumn));
        }
        return;
    }
    beginResetModel();
    m_tree = tree;
    m_rows = std::move(rows);
    m_top.clear();
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        if (m_rows[i].parent < 0) m_top.push_back(static_cast<int>(i));
    findShown();
    endResetModel();
}

void StoryTreeModel::setPrice(const TokenPrice& price) {
    if (price == m_price) return;
    m_price = price;
    setTree(StoryTree(m_tree));
}

QModelIndex StoryTreeModel::indexOf(PassageId id) const {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [id](const Row& row) { return row.id == id; });
    if (found == m_rows.end()) return {};
    return createIndex(found->place, 0, static_cast<quintptr>(found - m_rows.begin()));
}

QModelIndex StoryTreeModel::index(int place, int column, const QModelIndex& parent) const {
    if (place < 0 || column < 0 || column >= ColumnCount || place >= rowCount(parent)) return {};
    const std::vector<int>& rows = parent.isValid() ? row(parent).children : m_top;
    return createIndex(place, column, static_cast<quintptr>(rows[static_cast<std::size_t>(place)]));
}

QModelIndex StoryTreeModel::parent(const QModelIndex& child) const {
    if (!child.isValid()) return {};
    const int above = row(child).parent;
    return above < 0 ? QModelIndex() : createIndex(m_rows[static_cast<std::size_t>(above)].place, 0, static_cast<quintptr>(above));
}

int StoryTreeModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) return static_cast<int>(m_top.size());
    return parent.column() == 0 ? static_cast<int>(row(parent).children.size()) : 0;
}

int StoryTreeModel::columnCount(const QModelIndex&) const { return ColumnCount; }

QString StoryTreeModel::toolTip(PassageId id) const {
    const Passage& passage = m_tree.at(id);
    QStringList lines;
    switch (passage.origin) {
        case PassageOrigin::Person: lines += tr("You wrote this."); break;
        case PassageOrigin::Edit: lines += tr("You put this in place of something else."); break;
        case PassageOrigin::Model: {
            lines += passage.model.empty() ? tr("A network wrote this.") : tr("%1 wrote this.").arg(fromUtf8(passage.model));
            lines += tr("seed %1, temperature %2").arg(passage.seed).arg(QLocale().toString(passage.samplers.temperature));
            break;
        }
    }
    const std::int64_t here = std::ssize(passage.tokens), whole = m_tree.length(id);
    lines += tr("%1 tokens; the story up to its end has %2").arg(formatCount(here), formatCount(whole));
    if (m_price.bytes > 0) {
        lines += tr("%1 tokens × %2 in the cache of %3: %4")
                     .arg(formatCount(whole), formatBytes(m_price.bytes), m_price.name, formatBytes(whole * m_price.bytes));
        if (m_price.otherBytes > 0) lines += tr("%1 would hold %2").arg(m_price.otherName, formatBytes(whole * m_price.otherBytes));
    }
    if (!passage.note.empty()) lines += fromUtf8(passage.note);
    return lines.join(u'\n');
}

QString StoryTreeModel::total() const {
    const std::size_t ends = m_tree.leaves().size();
    if (ends < 2) return {};
    const std::int64_t shared = m_tree.tokensShared(), apart = m_tree.tokensApart();
    if (m_price.bytes == 0)
        return tr("%1 versions, %2 tokens; each on its own: %3")
            .arg(static_cast<qlonglong>(ends))
            .arg(formatCount(shared), formatCount(apart));
    return tr("%1 versions: %2 of cache, where shared beginnings are kept once; %3 saved")
        .arg(static_cast<qlonglong>(ends))
        .arg(formatBytes(shared * m_price.bytes), formatBytes((apart - shared) * m_price.bytes));
}

QVariant StoryTreeModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const PassageId id = row(index).id;
    const Passage& passage = m_tree.at(id);
    switch (role) {
        case Qt::DisplayRole:
            if (index.column() == TextColumn) return (passage.bookmarked ? QStringLiteral("★ ") : QString()) + line(passage);
            return m_price.bytes > 0 ? formatBytes(std::ssize(passage.tokens) * m_price.bytes) : formatCount(std::ssize(passage.tokens));
        case Qt::TextAlignmentRole: return index.column() == CostColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
        case Qt::ToolTipRole: return toolTip(id);
        case Qt::AccessibleTextRole: return line(passage);
        case Qt::FontRole: {
            QFont font;
            font.setUnderline(passage.origin == PassageOrigin::Edit && index.column() == TextColumn);
            font.setBold(id == m_tree.current() && index.column() == TextColumn);
            return font;
        }
        case IdRole: return static_cast<qlonglong>(id.value());
        case OriginRole: return static_cast<int>(passage.origin);
        case BookmarkedRole: return passage.bookmarked;
        case ShownRole: return bool(m_shown[static_cast<std::size_t>(index.internalId())]);
        case SearchRole: return QString(fromUtf8(passage.text()).simplified() + u' ' + fromUtf8(passage.note));
        default: return {};
    }
}

QVariant StoryTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    return section == TextColumn ? tr("Passage") : m_price.bytes > 0 ? tr("In the cache") : tr("Tokens");
}

QHash<int, QByteArray> StoryTreeModel::roleNames() const {
    auto names = QAbstractItemModel::roleNames();
    names.insert(
        {{IdRole, "passage"}, {OriginRole, "origin"}, {BookmarkedRole, "bookmarked"}, {ShownRole, "shown"}, {SearchRole, "search"}});
    return names;
}

}  // namespace loom::ui
