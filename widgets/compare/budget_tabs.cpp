// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/budget_tabs.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>

#include "widgets/cache/formula_popover.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/compare/figure_table.h"
#include "widgets/plot/context_bytes_plot.h"

namespace loom::ui {
namespace {

constexpr double kGigabyte = 1e9;

/// Every figure opens its equation: a double click, or Enter on it.
void openEquation(FormulaPopover& popover, const FigureTable& table, const BudgetModel& model, const QModelIndex& cell) {
    if (!cell.isValid()) return;
    const BudgetQuestion& q = model.question();
    const BudgetSubject& subject = model.subject(cell.row());
    popover.setBudget(model.spec(cell.row()), q.context, q.batch, subject.name, subject.description);
    popover.openAt(&table, table.visualRect(cell).translated(table.viewport()->pos()));
}

FigureTable* networkTable(BudgetModel* model, FormulaPopover* popover, QWidget* parent) {
    auto* table = new FigureTable(parent);
    table->setFigures(model);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    QObject::connect(table, &QTableView::activated, popover,
                     [=](const QModelIndex& cell) { openEquation(*popover, *table, *model, cell); });
    return table;
}

}  // namespace

BytesTab::BytesTab(BudgetModel* model, QWidget* parent)
    : QWidget(parent), m_model(model), m_plot(new ContextBytesPlot(this)), m_popover(new FormulaPopover(this)) {
    m_table = networkTable(model, m_popover, this);
    m_table->setAccessibleName(tr("Networks; ticked ones are drawn"));
    for (const int column : {BudgetModel::Tensors, BudgetModel::Cache, BudgetModel::Weights, BudgetModel::Stories, BudgetModel::Fits}) {
        m_table->setColumnHidden(column, true);
    }
    auto* side = new QVBoxLayout;
    side->setSpacing(4);
    side->addWidget(m_table, 1);
    auto* hint = mutedLabel(tr("Tick what is drawn. Press Enter on a row, or double-click it, for its equation. Type of cells and memory "
                               "are the Budget tab’s."),
                            this);
    hint->setWordWrap(true);
    side->addWidget(hint);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(24);
    row->addWidget(m_plot, 6);
    row->addLayout(side, 4);
    connect(model, &BudgetModel::tickedChanged, this, &BytesTab::redraw);
    connect(model, &QAbstractItemModel::headerDataChanged, this, &BytesTab::redraw);
    redraw();
}

void BytesTab::redraw() {
    std::vector<ContextBytesPlot::Line> lines;
    for (const int row : m_model->ticked()) lines.push_back({m_model->subject(row).name, m_model->spec(row), m_model->question().batch});
    m_plot->setLines(std::move(lines));
    m_plot->setMemory(m_model->question().memory);
}

BudgetTab::BudgetTab(BudgetModel* model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_memory(new QDoubleSpinBox(this)),
      m_context(new QSpinBox(this)),
      m_batch(new QSpinBox(this)),
      m_type(new QComboBox(this)),
      m_weights(new QCheckBox(tr("weights count"), this)),
      m_verdict(new QLabel(this)),
      m_popover(new FormulaPopover(this)) {
    m_memory->setRange(0.01, 10'000);
    m_memory->setDecimals(2);
    m_memory->setSuffix(tr(" GB"));
    m_memory->setToolTip(tr("How much memory there is, in gigabytes of a billion bytes"));
    m_context->setRange(1, 16'777'216);
    m_context->setSuffix(tr(" tokens"));
    m_context->setGroupSeparatorShown(true);
    m_context->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    m_context->setToolTip(tr("How long each story may become"));
    m_batch->setRange(1, 1'000'000);
    m_batch->setGroupSeparatorShown(true);
    m_batch->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    m_batch->setToolTip(tr("How many stories are written at once, each with a cache of its own"));
    for (const auto& [text, type] : {std::pair{tr("bf16, 2 bytes"), DType::BF16},
                                     {tr("f32, 4 bytes"), DType::F32},
                                     {tr("f16, 2 bytes"), DType::F16},
                                     {tr("int8, 1 byte and a scale per row"), DType::I8}}) {
        m_type->addItem(text, static_cast<int>(type));
    }
    m_type->setToolTip(tr("What the cells of the caches are kept in. This program’s own caches are f32."));
    m_weights->setToolTip(tr("The weights take their part of the memory before any story does"));

    auto* fields = new QHBoxLayout;
    fields->setSpacing(8);
    const auto add = [&](const QString& name, QWidget* field) {
        auto* label = mutedLabel(name, this);
        label->setBuddy(field);
        field->setAccessibleName(name);
        fields->addWidget(label);
        fields->addWidget(field);
        fields->addSpacing(8);
    };
    add(tr("memory"), m_memory);
    add(tr("context"), m_context);
    add(tr("stories"), m_batch);
    add(tr("cells"), m_type);
    fields->addWidget(m_weights);
    fields->addStretch(1);
    m_table = networkTable(model, m_popover, this);
    m_table->setAccessibleName(tr("What fits"));
    m_verdict->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addLayout(fields);
    column->addWidget(m_table, 1);
    column->addWidget(m_verdict);
    setQuestion(model->question());
    for (QSpinBox* box : {m_context, m_batch}) connect(box, &QSpinBox::valueChanged, this, &BudgetTab::ask);
    connect(m_memory, &QDoubleSpinBox::valueChanged, this, &BudgetTab::ask);
    connect(m_type, &QComboBox::currentIndexChanged, this, &BudgetTab::ask);
    connect(m_weights, &QCheckBox::toggled, this, &BudgetTab::ask);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, &BudgetTab::showVerdict);
    connect(model, &QAbstractItemModel::modelReset, this, &BudgetTab::showVerdict);
    showVerdict();
}

void BudgetTab::setQuestion(const BudgetQuestion& question) {
    m_memory->setValue(static_cast<double>(question.memory) / kGigabyte);
    m_context->setValue(static_cast<int>(std::min<std::int64_t>(question.context, m_context->maximum())));
    m_batch->setValue(static_cast<int>(std::min<std::int64_t>(question.batch, m_batch->maximum())));
    m_type->setCurrentIndex(std::max(0, m_type->findData(static_cast<int>(question.dtype))));
    m_weights->setChecked(question.weights);
    ask();
}

void BudgetTab::ask() {
    BudgetQuestion question;
    question.memory = std::llround(m_memory->value() * kGigabyte);
    question.context = m_context->value();
    question.batch = m_batch->value();
    question.dtype = static_cast<DType>(m_type->currentData().toInt());
    question.weights = m_weights->isChecked();
    m_model->setQuestion(question);
    showVerdict();
}

void BudgetTab::showVerdict() {
    const QModelIndex current = m_table->currentIndex();
    m_verdict->setText(current.isValid()
                           ? m_model->verdict(current.row())
                           : tr("Choose a row to read it as a sentence; press Enter on it, or double-click it, for its equation."));
}

QString BudgetTab::verdict() const { return m_verdict->text(); }

}  // namespace loom::ui
