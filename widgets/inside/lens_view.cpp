// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/lens_view.h"

#include <QBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>

#include "widgets/common/labels.h"
#include "widgets/inside/heat_delegate.h"
#include "widgets/inside/table_figure.h"
#include "widgets/inside/weight_legend.h"
#include "widgets/itemmodels/lens_model.h"

namespace loom::ui {

LensView::LensView(const StoryModel* story, QWidget* parent)
    : LookFrame(Look::Lens, parent), m_model(new LensModel(story, this)), m_delegate(new HeatDelegate(this)) {
    m_legend = new WeightLegend(this);
    m_legend->showShares(tr("How likely the word in the cell is, if the network ended after that layer"));
    bar()->insertWidget(0, mutedLabel(tr("probability"), this));
    bar()->insertWidget(1, m_legend);
    m_table = new QTableView(this);
    prepareTable(m_table, tr("The likeliest next word after each layer and each word of the story"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(m_delegate);
    setContent(m_table);
    setSentence(tr("Each cell is the word that would follow the one above it, if the network ended after that layer."));
    const auto read = [this](const QModelIndex& index) { setStatus(m_model->sentence(index)); };
    connect(m_table, &QTableView::entered, this, read);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, read);
}

void LensView::setColourMap(ColourMapKind kind) {
    LookFrame::setColourMap(kind);
    m_delegate->setColourMap(kind);
    m_legend->setColourMap(kind);
    m_table->viewport()->update();
}

void LensView::showToken(int token) {
    if (token < 0 || token >= m_model->columnCount()) return;
    m_table->scrollTo(m_model->index(0, token), QAbstractItemView::EnsureVisible);
}

void LensView::take(const std::shared_ptr<const LookAnswer>& answer) {
    m_model->setAnswer(answer);
    m_table->horizontalHeader()->setDefaultSectionSize(fontMetrics().horizontalAdvance(QStringLiteral("·mmmmmm")) + 12);
    showToken(m_model->columnCount() - 1);  // where the story goes on
}

Figure LensView::figure() const { return answer() ? tableFigure(m_table, tr("logit-lens"), colourMap()) : Figure{}; }

}  // namespace loom::ui
