// SPDX-License-Identifier: GPL-3.0-or-later
// ComparePage: several networks write from one prompt side by side; below, what each keeps, and what that means elsewhere.
#pragma once

#include <vector>

#include <QWidget>

#include "core/data/twin_update.h"

class QHBoxLayout;
class QLabel;
class QStackedWidget;

namespace loom::ui {

class BudgetModel;
class BudgetTab;
class BytesTab;
class ByteSourcesModel;
class CompareHeader;
class EmptyNote;
class PaperTab;
class TabLine;
class TimeTab;
class TwinBytes;
class TwinGrowthPlot;
class TwinPanel;

/// Knows what is compared as values; whoever computes is elsewhere.
class ComparePage final : public QWidget {
    Q_OBJECT

public:
    explicit ComparePage(QWidget* parent = nullptr);

    /// A story begins: names, prompts, empty caches.
    void begin(const std::vector<TwinContestant>& contestants);
    void add(const TwinUpdate& update);
    void setState(TwinState state);
    /// A sentence above the texts; empty = none.
    void setNote(const QString& note);
    /// Texts and bars alone, large enough for the last row of a room.
    void setPresenting(bool on);
    /// Something did not work; what was there stays readable.
    void setFailed(const QString& message);

    [[nodiscard]] CompareHeader* header() const { return m_header; }
    [[nodiscard]] std::size_t panels() const { return m_panels.size(); }
    [[nodiscard]] TwinPanel* panel(std::size_t who) const { return m_panels[who]; }
    [[nodiscard]] TwinBytes* bytes() const { return m_bytes; }
    [[nodiscard]] TwinGrowthPlot* growth() const { return m_growth; }
    [[nodiscard]] ByteSourcesModel* sources() const { return m_sources; }
    [[nodiscard]] BudgetModel* budget() const { return m_budget; }
    [[nodiscard]] BytesTab* bytesTab() const { return m_bytesTab; }
    [[nodiscard]] BudgetTab* budgetTab() const { return m_budgetTab; }
    [[nodiscard]] TimeTab* timeTab() const { return m_timeTab; }
    [[nodiscard]] PaperTab* paperTab() const { return m_paperTab; }
    [[nodiscard]] TabLine* tabs() const { return m_tabs; }
    [[nodiscard]] QString note() const;
    /// Nothing is compared yet.
    [[nodiscard]] bool isEmpty() const;

signals:
    /// The page is looked at.
    void shown();

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* buildBody();
    QWidget* buildGrowth();
    void addTab(const QString& title, QWidget* page, const QString& help);

    CompareHeader* m_header;
    QLabel* m_note;
    QStackedWidget* m_stack;
    EmptyNote* m_empty;
    QHBoxLayout* m_panelRow;
    std::vector<TwinPanel*> m_panels;
    TwinBytes* m_bytes;
    TabLine* m_tabs;
    QStackedWidget* m_tabPages;
    QWidget* m_lower = nullptr;  ///< tabs and their figures
    bool m_presenting = false;
    TwinGrowthPlot* m_growth;
    ByteSourcesModel* m_sources;
    BudgetModel* m_budget;
    BytesTab* m_bytesTab;
    BudgetTab* m_budgetTab;
    TimeTab* m_timeTab;
    PaperTab* m_paperTab;
    TwinPace m_pace;
};

}  // namespace loom::ui
