// SPDX-License-Identifier: GPL-3.0-or-later
// AlternativesModel: the words that could have come at one position, before and after the samplers.
#pragma once

#include <QAbstractTableModel>

#include "core/data/generate.h"

namespace loom::ui {

/// Rows are sorted as the step sorts them, best first. Copies what it shows.
class AlternativesModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { WordColumn, BeforeColumn, AfterColumn, ColumnCount };
    enum Role {
        BeforeRole = Qt::UserRole + 1,  ///< float in [0, 1]
        AfterRole,                      ///< float in [0, 1]; 0 = removed by the samplers
        ChosenRole,                     ///< bool, this is the token of the story
        TextRole,                       ///< QString as it is, white space not made visible
    };
    Q_ENUM(Role)

    explicit AlternativesModel(QObject* parent = nullptr);

    void setStep(const TokenStep& step);
    void clear();

    /// `row` must be valid.
    [[nodiscard]] const Alternative& alternative(int row) const { return m_rows[static_cast<std::size_t>(row)]; }
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

private:
    std::vector<Alternative> m_rows;
    TokenId m_chosen;
    bool m_sampled = false;  // a generated token has an "after", a prompt token has not
};

}  // namespace loom::ui
