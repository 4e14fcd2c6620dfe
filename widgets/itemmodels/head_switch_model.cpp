// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/head_switch_model.h"

#include <algorithm>

#include <QUndoCommand>
#include <QUndoStack>

namespace loom::ui {

class HeadSwitchCommand final : public QUndoCommand {
public:
    HeadSwitchCommand(HeadSwitchModel* model, HeadSwitchModel::Places after, const QString& text)
        : QUndoCommand(text), m_model(model), m_before(model->m_off), m_after(std::move(after)) {}
    void undo() override { m_model->apply(m_before); }
    void redo() override { m_model->apply(m_after); }

private:
    HeadSwitchModel* m_model;
    HeadSwitchModel::Places m_before, m_after;
};

HeadSwitchModel::HeadSwitchModel(QUndoStack* undo, QObject* parent) : QAbstractTableModel(parent), m_undo(undo) {}

void HeadSwitchModel::setShape(std::int64_t layers, std::int64_t heads) {
    const auto rows = static_cast<int>(std::clamp<std::int64_t>(layers, 0, 65536));
    const auto columns = static_cast<int>(std::clamp<std::int64_t>(heads, 0, 65536));
    if (rows == m_layers && columns == m_heads) return;
    beginResetModel();
    m_layers = rows;
    m_heads = columns;
    m_off.clear();
    endResetModel();
    m_undo->clear();
    emit offChanged();
}

void HeadSwitchModel::forget() {
    m_undo->clear();
    apply({});
}

std::vector<HeadPlace> HeadSwitchModel::off() const {
    std::vector<HeadPlace> places;
    for (const auto& [layer, head] : m_off) places.push_back({LayerIndex{layer}, HeadIndex{head}});
    return places;
}

void HeadSwitchModel::setOff(int layer, int head, bool off) {
    if (layer < 0 || layer >= m_layers || head < 0 || head >= m_heads || isOff(layer, head) == off) return;
    Places places = m_off;
    if (off) {
        places.insert({layer, head});
    } else {
        places.erase({layer, head});
    }
    push(places, off ? tr("switch off layer %1, head %2").arg(layer).arg(head) : tr("switch on layer %1, head %2").arg(layer).arg(head));
}

void HeadSwitchModel::switchAllOn() {
    if (!m_off.empty()) push({}, tr("switch all heads on"));
}

void HeadSwitchModel::push(const Places& off, const QString& text) { m_undo->push(new HeadSwitchCommand(this, off, text)); }

void HeadSwitchModel::apply(const Places& off) {
    if (off == m_off) return;
    m_off = off;
    emit dataChanged(index(0, 0), index(m_layers - 1, m_heads - 1), {Qt::CheckStateRole, Qt::ToolTipRole});
    emit offChanged();
}

int HeadSwitchModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_layers; }

int HeadSwitchModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_heads; }

QVariant HeadSwitchModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= m_layers || index.column() >= m_heads) return {};
    const bool off = isOff(index.row(), index.column());
    switch (role) {
        case Qt::CheckStateRole: return off ? Qt::Unchecked : Qt::Checked;
        case Qt::ToolTipRole:
        case Qt::AccessibleTextRole:
            return off ? tr("Layer %1, head %2 is off").arg(index.row()).arg(index.column())
                       : tr("Layer %1, head %2 is on").arg(index.row()).arg(index.column());
        default: return {};
    }
}

bool HeadSwitchModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || !index.isValid() || index.row() >= m_layers || index.column() >= m_heads) return false;
    setOff(index.row(), index.column(), value.value<Qt::CheckState>() == Qt::Unchecked);
    return true;
}

Qt::ItemFlags HeadSwitchModel::flags(const QModelIndex& index) const {
    return index.isValid() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemNeverHasChildren
                           : Qt::NoItemFlags;
}

QVariant HeadSwitchModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (section < 0 || section >= (orientation == Qt::Horizontal ? m_heads : m_layers)) return {};
    if (role == Qt::DisplayRole) return orientation == Qt::Horizontal ? QString::number(section) : tr("layer %1").arg(section);
    if (role == Qt::ToolTipRole && orientation == Qt::Horizontal) return tr("Head %1").arg(section);
    return {};
}

}  // namespace loom::ui
