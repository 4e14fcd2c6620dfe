// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/lens_view.h"

#include <QTableView>

#include "widgets/inside/table_figure.h"
#include "widgets/itemmodels/lens_model.h"

namespace loom::ui {

LensView::LensView(const StoryModel* story, QWidget* parent) : LensView(new LensModel(story), parent) {}

LensView::LensView(LensModel* model, QWidget* parent)
    : HeatTable(
          Look::Lens, model,
          {tr("The likeliest next word after each layer and each word of the story"), tr("probability"),
           tr("How likely the word in the cell is, if the network ended after that layer")},
          [model](const QModelIndex& index) { return model->sentence(index); }, parent),
      m_model(model) {
    setSentence(tr("Each cell is the word that would follow the one above it, if the network ended after that layer."));
}

void LensView::showToken(int token) {
    if (token < 0 || token >= m_model->columnCount()) return;
    table()->scrollTo(m_model->index(0, token), QAbstractItemView::EnsureVisible);
}

void LensView::take(const std::shared_ptr<const LookAnswer>& answer) {
    m_model->setAnswer(answer);
    setColumnText(QStringLiteral("·mmmmmm"));
    showToken(m_model->columnCount() - 1);  // where the story goes on
}

Figure LensView::figure() const { return answer() ? tableFigure(table(), tr("logit-lens"), colourMap()) : Figure{}; }

}  // namespace loom::ui
