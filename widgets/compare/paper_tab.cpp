// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/paper_tab.h"

#include <algorithm>

#include <QLabel>
#include <QVBoxLayout>

#include "core/data/paper_results.h"
#include "core/data/presets.h"
#include "widgets/common/labels.h"
#include "widgets/compare/figure_table.h"
#include "widgets/itemmodels/paper_model.h"
#include "widgets/plot/loss_bytes_plot.h"

namespace loom::ui {
namespace {

LossPoint pointOf(const Preset& preset, const QString& name, double loss, bool reported) {
    const CacheSpec spec = cacheSpec(preset.config, MlaPath::Absorbed, DType::BF16);
    return {name, spec.form, spec.bytesPerToken(), loss, reported};
}

}  // namespace

PaperTab::PaperTab(QWidget* parent)
    : QWidget(parent), m_model(new PaperModel(this)), m_lossPage(new QWidget(this)), m_plot(new LossBytesPlot(m_lossPage)) {
    auto* table = new FigureTable(this);
    table->setFigures(m_model);
    table->setAccessibleName(tr("The paper’s results"));
    auto* words = mutedLabel(tr("The paper (arXiv 2506.09342) prints 45 % and 72 % less memory for r = d/2 and r = d/4; its formula gives "
                                "50 % and 75 %. It reports r = "
                                "d/2 as 1.4 times as fast as full-rank MLA on an A100, and GPT-4 preferred its MLA stories (7.4 of 10, MHA "
                                "6.2). Against it: at one "
                                "story and a short context a small MLA can be slower (a public report: 179 against 509 tokens a second for "
                                "14 million parameters, "
                                "but 1.6 times as fast at 1,024 stories). Time and crossover shows what holds on this machine."),
                             this);
    words->setWordWrap(true);
    auto* loss = new QVBoxLayout(m_lossPage);
    loss->setContentsMargins(0, 0, 0, 0);
    loss->setSpacing(4);
    auto* legend = mutedLabel(
        tr("Rings: reported by the paper, 50,000 steps. Discs: trained here from a preset. Lines: those that nobody beats in both "
           "bytes and loss. Losses on other stories, or with another tokenizer, do not compare."),
        m_lossPage);
    legend->setWordWrap(true);
    loss->addWidget(legend);
    loss->addWidget(m_plot, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(table, 1);
    column->addWidget(words);
    setRuns({});
}

void PaperTab::setRuns(const std::vector<RunSummary>& runs) {
    m_model->setRuns(runs);
    std::vector<LossPoint> points;
    for (const PaperResult& result : paperResults()) {
        if (!result.validationLoss) continue;
        points.push_back(pointOf(presetNamed(result.preset), QString::fromStdString(result.variant), *result.validationLoss, true));
    }
    for (const RunSummary& run : runs) {
        const auto preset = std::find_if(presets().begin(), presets().end(), [&run](const Preset& p) { return p.name == run.preset; });
        if (preset == presets().end() || !run.bestLoss) continue;
        points.push_back(pointOf(*preset, QString::fromStdString(run.name), *run.bestLoss, false));
    }
    m_plot->setPoints(std::move(points));
}

}  // namespace loom::ui
