// SPDX-License-Identifier: GPL-3.0-or-later
// HeatTable: a look whose numbers are a table of coloured cells, with its legend above.
#pragma once

#include <functional>

#include "widgets/inside/look_frame.h"

class QAbstractTableModel;
class QTableView;

namespace loom::ui {

class HeatDelegate;
class WeightLegend;

class HeatTable : public LookFrame {
    Q_OBJECT

public:
    void setColourMap(ColourMapKind kind) override;

protected:
    struct Texts {
        QString name;       ///< of the table, for who cannot see it
        QString legend;     ///< what the colours are, in a word
        QString legendTip;  ///< and in a sentence
    };
    /// `sentence` says what a cell shows.
    HeatTable(Look look, QAbstractTableModel* model, const Texts& texts, std::function<QString(const QModelIndex&)> sentence,
              QWidget* parent);
    [[nodiscard]] QTableView* table() const { return m_table; }
    /// Columns as wide as this text.
    void setColumnText(const QString& widest);

private:
    HeatDelegate* m_delegate;
    WeightLegend* m_legend;
    QTableView* m_table;
};

}  // namespace loom::ui
