// SPDX-License-Identifier: GPL-3.0-or-later
// LensModel: what the network would say after each layer, a row per layer and a column per token of the text.
#pragma once

#include <memory>

#include <QAbstractTableModel>

#include "core/data/look.h"

namespace loom::ui {

class StoryModel;

/// Row 0 is the embedding, the last row the output itself. A cell shows the likeliest next token and is coloured by its probability
/// (kHeatRole); the tool tip names the others.
class LensModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    explicit LensModel(const StoryModel* story, QObject* parent = nullptr);

    /// An answer to another question, or null, clears.
    void setAnswer(std::shared_ptr<const LookAnswer> answer);

    /// One sentence about a cell for the status line; empty for an invalid index.
    [[nodiscard]] QString sentence(const QModelIndex& index) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] const LogitLens* lens() const;
    [[nodiscard]] QString word(std::size_t at) const;
    [[nodiscard]] QString rowName(int row) const;
    [[nodiscard]] QString tokenName(int column) const;

    const StoryModel* m_story;
    std::shared_ptr<const LookAnswer> m_answer;
};

}  // namespace loom::ui
