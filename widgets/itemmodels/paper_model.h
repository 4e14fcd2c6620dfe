// SPDX-License-Identifier: GPL-3.0-or-later
// PaperModel: reported by the paper · formula · measured here, a column each.
#pragma once

#include <optional>
#include <vector>

#include <QAbstractTableModel>
#include <QHash>
#include <QString>

#include "core/data/run_summary.h"

namespace loom::ui {

class PaperModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Variant, PaperLoss, PaperAgainst, PaperBytes, FormulaBytes, MeasuredLoss, MeasuredSteps, ColumnCount };
    enum Role { ValueRole = Qt::UserRole + 1 };  ///< double behind a figure; invalid where there is none

    explicit PaperModel(QObject* parent = nullptr);

    /// Of runs that were begun with one of the presets the best one counts.
    void setRuns(const std::vector<RunSummary>& runs);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Measured {
        double loss = 0;
        std::int64_t steps = 0;
        QString run;
    };
    [[nodiscard]] std::optional<double> value(int row, int column) const;

    QHash<QString, Measured> m_measured;  ///< by preset
};

}  // namespace loom::ui
