// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/forgotten_view.h"

#include "widgets/inside/table_figure.h"
#include "widgets/itemmodels/forgotten_model.h"

namespace loom::ui {

ForgottenView::ForgottenView(QWidget* parent) : ForgottenView(new ForgottenModel, parent) {}

ForgottenView::ForgottenView(ForgottenModel* model, QWidget* parent)
    : HeatTable(
          Look::Forgotten, model,
          {tr("What keys and values of each head lose with a smaller latent"), tr("lost"),
           tr("Relative error: the length of what is missing over the length of the whole. 0 = nothing is lost.")},
          [model](const QModelIndex& index) { return model->sentence(index); }, parent),
      m_model(model) {
    setSentence(
        tr("The story's latents are pressed onto fewer directions, the strongest ones, and each head's keys and values are rebuilt "
           "from what is left."));
}

void ForgottenView::take(const std::shared_ptr<const LookAnswer>& answer) {
    m_model->setAnswer(answer);
    setColumnText(tr("rank %1").arg(8888));
}

Figure ForgottenView::figure() const {
    return answer() ? tableFigure(table(), tr("layer-%1-what-is-forgotten").arg(answer()->question.layer.value()), colourMap()) : Figure{};
}

}  // namespace loom::ui
