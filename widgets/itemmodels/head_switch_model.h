// SPDX-License-Identifier: GPL-3.0-or-later
// HeadSwitchModel: which heads are on, a row per layer and a column per head. Every change can be undone.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include <QAbstractTableModel>

#include "core/data/inspection.h"

class QUndoStack;

namespace loom::ui {

class HeadSwitchModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    /// Changes are commands on `undo`, which outlives the model.
    explicit HeadSwitchModel(QUndoStack* undo, QObject* parent = nullptr);

    /// The network's shape; another shape switches all heads on and forgets what could be undone.
    void setShape(std::int64_t layers, std::int64_t heads);
    [[nodiscard]] bool isOff(int layer, int head) const { return m_off.contains({layer, head}); }
    [[nodiscard]] std::vector<HeadPlace> off() const;
    /// Nothing happens for heads that are not there or are so already.
    void setOff(int layer, int head, bool off);
    void switchAllOn();
    /// Another model: all heads on, nothing to undo.
    void forget();

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

signals:
    void offChanged();

private:
    friend class HeadSwitchCommand;
    using Places = std::set<std::pair<int, int>>;
    void apply(const Places& off);
    void push(const Places& off, const QString& text);

    QUndoStack* m_undo;
    int m_layers = 0;
    int m_heads = 0;
    Places m_off;
};

}  // namespace loom::ui
