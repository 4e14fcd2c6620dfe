// SPDX-License-Identifier: GPL-3.0-or-later
// PaperTab: what the paper reports beside the formula and what was trained here, as a table and, on a page beside it, as loss against
// bytes.
#pragma once

#include <vector>

#include <QWidget>

#include "core/data/run_summary.h"

namespace loom::ui {

class FigureTable;
class LossBytesPlot;
class PaperModel;

class PaperTab final : public QWidget {
    Q_OBJECT

public:
    explicit PaperTab(QWidget* parent = nullptr);

    /// Runs that were begun with a preset stand in the table and, whatever preset it was, in the figure.
    void setRuns(const std::vector<RunSummary>& runs);

    [[nodiscard]] PaperModel* model() const { return m_model; }
    [[nodiscard]] LossBytesPlot* plot() const { return m_plot; }
    /// The figure with its legend: a tab of its own, for whoever adds it.
    [[nodiscard]] QWidget* lossPage() const { return m_lossPage; }

private:
    PaperModel* m_model;
    QWidget* m_lossPage;
    LossBytesPlot* m_plot;
};

}  // namespace loom::ui
