// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/compare_page.h"

#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "widgets/common/empty_note.h"
#include "widgets/common/labels.h"
#include "widgets/common/tab_line.h"
#include "widgets/compare/budget_tabs.h"
#include "widgets/compare/compare_header.h"
#include "widgets/compare/figure_table.h"
#include "widgets/compare/paper_tab.h"
#include "widgets/compare/time_tab.h"
#include "widgets/compare/twin_bytes.h"
#include "widgets/compare/twin_panel.h"
#include "widgets/itemmodels/budget_model.h"
#include "widgets/itemmodels/byte_sources_model.h"
#include "widgets/plot/twin_growth_plot.h"

namespace loom::ui {

ComparePage::ComparePage(QWidget* parent)
    : QWidget(parent), m_header(new CompareHeader(this)), m_note(mutedLabel({}, this)), m_stack(new QStackedWidget(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(8);
    column->addWidget(m_header);
    m_note->setWordWrap(true);
    m_note->hide();
    column->addWidget(m_note);
    m_empty = new EmptyNote(m_stack);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(buildBody());
    column->addWidget(m_stack, 1);
    connect(m_header, &CompareHeader::presentToggled, this, &ComparePage::setPresenting);
    auto* leave = new QShortcut(QKeySequence(Qt::Key_Escape), this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
    connect(leave, &QShortcut::activated, m_header->presentButton(), [this] { m_header->presentButton()->setChecked(false); });
    setState(TwinState::Empty);
}

QWidget* ComparePage::buildBody() {
    auto* body = new QSplitter(Qt::Vertical, m_stack);
    body->setChildrenCollapsible(false);
    auto* upper = new QWidget(body);
    auto* above = new QVBoxLayout(upper);
    above->setContentsMargins(0, 0, 0, 4);
    above->setSpacing(12);
    m_panelRow = new QHBoxLayout;
    m_panelRow->setSpacing(16);
    m_bytes = new TwinBytes(upper);
    above->addLayout(m_panelRow, 1);
    above->addWidget(m_bytes);
    auto* lower = new QWidget(body);
    auto* below = new QVBoxLayout(lower);
    below->setContentsMargins(0, 4, 0, 0);
    below->setSpacing(8);
    m_tabs = new TabLine(lower);
    m_tabs->setAccessibleName(tr("Figures of the comparison"));
    m_tabPages = new QStackedWidget(lower);
    connect(m_tabs, &QTabBar::currentChanged, m_tabPages, &QStackedWidget::setCurrentIndex);
    m_budget = new BudgetModel(this);
    addTab(tr("Growth"), buildGrowth(), tr("What each cache holds, token by token"));
    m_bytesTab = new BytesTab(m_budget, lower);
    m_budgetTab = new BudgetTab(m_budget, lower);
    addTab(tr("Bytes by context"), m_bytesTab, tr("What caches take from 64 to a million tokens, by formula"));
    m_timeTab = new TimeTab(lower);
    addTab(tr("Time and crossover"), m_timeTab, tr("How long a step takes on this machine, and where which of the two is faster"));
    addTab(tr("Budget"), m_budgetTab, tr("Which network fits into a memory, and how many stories at once"));
    m_paperTab = new PaperTab(lower);
    addTab(tr("Loss by bytes"), m_paperTab->lossPage(), tr("What fewer bytes cost in loss: the paper’s networks and yours"));
    addTab(tr("Paper"), m_paperTab, tr("What the paper reports beside the formula and what you have measured"));
    below->addWidget(m_tabs);
    below->addWidget(m_tabPages, 1);
    m_lower = lower;
    body->addWidget(upper);
    body->addWidget(lower);
    body->setStretchFactor(0, 1);
    body->setStretchFactor(1, 1);
    body->setSizes({500, 400});
    return body;
}

QWidget* ComparePage::buildGrowth() {
    auto* page = new QWidget;
    auto* row = new QHBoxLayout(page);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(24);
    m_growth = new TwinGrowthPlot(page);
    m_sources = new ByteSourcesModel(this);
    auto* table = new FigureTable(page);
    table->setFigures(m_sources);
    table->setAccessibleName(tr("Bytes per token by source"));
    row->addWidget(m_growth, 6);
    row->addWidget(table, 5);
    return page;
}

void ComparePage::addTab(const QString& title, QWidget* page, const QString& help) {
    m_tabPages->addWidget(page);
    m_tabs->setTabToolTip(m_tabs->addTab(title), help);
}

void ComparePage::begin(const std::vector<TwinContestant>& contestants) {
    while (m_panels.size() > contestants.size()) {
        delete m_panels.back();
        m_panels.pop_back();
    }
    while (m_panels.size() < contestants.size()) {
        auto* panel = new TwinPanel(this);
        m_panelRow->addWidget(panel, 1);
        m_panels.push_back(panel);
    }
    for (TwinPanel* panel : m_panels) panel->setLarge(m_presenting);
    for (std::size_t i = 0; i < contestants.size(); ++i) m_panels[i]->begin(twinLetter(i), contestants[i]);
    m_header->setContestants(contestants);
    m_bytes->setContestants(contestants);
    m_growth->begin(contestants);
    m_sources->setContestants(contestants);
    m_budget->setContestants(contestants);
    m_pace.clear();
    m_stack->setCurrentIndex(1);
    setNote({});
}

void ComparePage::add(const TwinUpdate& update) {
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        std::vector<TwinToken> tokens;
        for (const TwinTick& tick : update.ticks) {
            if (i < tick.tokens.size() && tick.tokens[i]) tokens.push_back(*tick.tokens[i]);
        }
        m_panels[i]->append(tokens);
    }
    for (const TwinTick& tick : update.ticks) m_pace.add(tick);
    for (std::size_t i = 0; i < m_panels.size(); ++i) m_panels[i]->setPace(m_pace.milliseconds(i), m_pace.tokensPerSecond(i));
    m_bytes->setUses(update.caches);
    m_growth->add(update.ticks);
    m_sources->setUses(update.caches, update.allocatorBytes);
    m_budget->setUses(update.caches);
}

void ComparePage::setState(TwinState state) {
    m_header->setState(state);
    m_timeTab->setCanMeasure(state != TwinState::Empty && state != TwinState::Opening);
    if (!isEmpty()) return;
    if (state == TwinState::Opening) {
        m_empty->setTexts(tr("Opening…"), tr("The files are checked and the weights are packed."));
    } else {
        m_empty->setTexts(
            tr("Two networks, one prompt"),
            tr("Choose two networks above, for example one with full keys and values (MHA) and one with a latent (MLA). They write "
               "from the same words with the same random numbers, one token each at a time, and this page shows what differs: "
               "the words, the bytes that attention keeps, and the time."));
    }
}

void ComparePage::setNote(const QString& note) {
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

void ComparePage::setPresenting(bool on) {
    m_presenting = on;
    m_lower->setVisible(!on);
    m_bytes->setLarge(on);
    for (TwinPanel* panel : m_panels) panel->setLarge(on);
}

void ComparePage::setFailed(const QString& message) { setNote(message); }

QString ComparePage::note() const { return m_note->text(); }
bool ComparePage::isEmpty() const { return m_stack->currentIndex() == 0; }

void ComparePage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    emit shown();
}

}  // namespace loom::ui
