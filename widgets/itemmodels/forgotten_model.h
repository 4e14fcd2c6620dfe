// SPDX-License-Identifier: GPL-3.0-or-later
// ForgottenModel: what keys and values of each head lose when the latent keeps fewer directions.
#pragma once

#include <memory>

#include <QAbstractTableModel>

#include "core/data/look.h"

namespace loom::ui {

/// Two rows per head, keys and values; a column per rank, the largest first. Cells are relative errors (kHeatRole, 1 = all is lost).
class ForgottenModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    /// An answer to another question, or null, clears.
    void setAnswer(std::shared_ptr<const LookAnswer> answer);
    [[nodiscard]] QString sentence(const QModelIndex& index) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] const Reconstruction* result() const;
    [[nodiscard]] double error(const QModelIndex& index) const;

    std::shared_ptr<const LookAnswer> m_answer;
};

}  // namespace loom::ui
