// SPDX-License-Identifier: GPL-3.0-or-later
// BytesTab and BudgetTab: the formulas of the whole list of networks, as lines over the context and as a calculator.
#pragma once

#include <QWidget>

#include "widgets/itemmodels/budget_model.h"

class QComboBox;
class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QSpinBox;

namespace loom::ui {

class ContextBytesPlot;
class FigureTable;
class FormulaPopover;

/// Ticked networks as lines from 64 to a million tokens.
class BytesTab final : public QWidget {
    Q_OBJECT

public:
    explicit BytesTab(BudgetModel* model, QWidget* parent = nullptr);
    [[nodiscard]] ContextBytesPlot* plot() const { return m_plot; }
    [[nodiscard]] FigureTable* table() const { return m_table; }
    [[nodiscard]] FormulaPopover* popover() const { return m_popover; }

private:
    void redraw();

    BudgetModel* m_model;
    ContextBytesPlot* m_plot;
    FigureTable* m_table;
    FormulaPopover* m_popover;
};

/// Memory, context, batch and type of cells → which network fits, and how many stories at once.
class BudgetTab final : public QWidget {
    Q_OBJECT

public:
    explicit BudgetTab(BudgetModel* model, QWidget* parent = nullptr);
    void setQuestion(const BudgetQuestion& question);
    [[nodiscard]] QDoubleSpinBox* memoryBox() const { return m_memory; }
    [[nodiscard]] QSpinBox* contextBox() const { return m_context; }
    [[nodiscard]] QSpinBox* batchBox() const { return m_batch; }
    [[nodiscard]] QComboBox* typeBox() const { return m_type; }
    [[nodiscard]] QCheckBox* weightsBox() const { return m_weights; }
    [[nodiscard]] FigureTable* table() const { return m_table; }
    [[nodiscard]] FormulaPopover* popover() const { return m_popover; }
    [[nodiscard]] QString verdict() const;

private:
    void ask();
    void showVerdict();

    BudgetModel* m_model;
    QDoubleSpinBox* m_memory;
    QSpinBox* m_context;
    QSpinBox* m_batch;
    QComboBox* m_type;
    QCheckBox* m_weights;
    FigureTable* m_table;
    QLabel* m_verdict;
    FormulaPopover* m_popover;
};

}  // namespace loom::ui
