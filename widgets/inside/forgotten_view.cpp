// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/forgotten_view.h"

#include <QBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>

#include "widgets/common/labels.h"
#include "widgets/inside/heat_delegate.h"
#include "widgets/inside/table_figure.h"
#include "widgets/inside/weight_legend.h"
#include "widgets/itemmodels/forgotten_model.h"

namespace loom::ui {

ForgottenView::ForgottenView(QWidget* parent)
    : LookFrame(Look::Forgotten, parent), m_model(new ForgottenModel(this)), m_delegate(new HeatDelegate(this)) {
    m_legend = new WeightLegend(this);
    m_legend->showShares(tr("Relative error: the length of what is missing over the length of the whole. 0 = nothing is lost."));
    bar()->insertWidget(0, mutedLabel(tr("lost"), this));
    bar()->insertWidget(1, m_legend);
    m_table = new QTableView(this);
    prepareTable(m_table, tr("What keys and values of each head lose with a smaller latent"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(m_delegate);
    setContent(m_table);
    setSentence(
        tr("The story's latents are pressed onto fewer directions, the strongest ones, and each head's keys and values are rebuilt "
           "from what is left."));
    const auto read = [this](const QModelIndex& index) { setStatus(m_model->sentence(index)); };
    connect(m_table, &QTableView::entered, this, read);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, read);
}

void ForgottenView::setColourMap(ColourMapKind kind) {
    LookFrame::setColourMap(kind);
    m_delegate->setColourMap(kind);
    m_legend->setColourMap(kind);
    m_table->viewport()->update();
}

void ForgottenView::take(const std::shared_ptr<const LookAnswer>& answer) {
    m_model->setAnswer(answer);
    m_table->horizontalHeader()->setDefaultSectionSize(fontMetrics().horizontalAdvance(tr("rank %1").arg(8888)) + 16);
}

Figure ForgottenView::figure() const {
    return answer() ? tableFigure(m_table, tr("layer-%1-what-is-forgotten").arg(answer()->question.layer.value()), colourMap()) : Figure{};
}

}  // namespace loom::ui
