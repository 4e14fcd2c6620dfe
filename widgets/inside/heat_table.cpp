// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/heat_table.h"

#include <utility>

#include <QAbstractTableModel>
#include <QBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>

#include "widgets/common/labels.h"
#include "widgets/inside/heat_delegate.h"
#include "widgets/inside/table_figure.h"
#include "widgets/inside/weight_legend.h"

namespace loom::ui {

HeatTable::HeatTable(Look look, QAbstractTableModel* model, const Texts& texts, std::function<QString(const QModelIndex&)> sentence,
                     QWidget* parent)
    : LookFrame(look, parent), m_delegate(new HeatDelegate(this)), m_legend(new WeightLegend(this)), m_table(new QTableView(this)) {
    model->setParent(this);
    m_legend->showShares(texts.legendTip);
    bar()->insertWidget(0, mutedLabel(texts.legend, this));
    bar()->insertWidget(1, m_legend);
    prepareTable(m_table, texts.name);
    m_table->setModel(model);
    m_table->setItemDelegate(m_delegate);
    setContent(m_table);
    const auto read = [this, sentence = std::move(sentence)](const QModelIndex& index) { setStatus(sentence(index)); };
    connect(m_table, &QTableView::entered, this, read);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, read);
}

void HeatTable::setColourMap(ColourMapKind kind) {
    LookFrame::setColourMap(kind);
    m_delegate->setColourMap(kind);
    m_legend->setColourMap(kind);
    m_table->viewport()->update();
}

void HeatTable::setColumnText(const QString& widest) {
    m_table->horizontalHeader()->setDefaultSectionSize(fontMetrics().horizontalAdvance(widest) + 16);
}

}  // namespace loom::ui
