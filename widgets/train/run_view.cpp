// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/run_view.h"

#include <algorithm>
#include <cmath>

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSlider>
#include <QSplitter>

#include "widgets/common/labels.h"
#include "widgets/train/run_header.h"
#include "widgets/train/stories_strip.h"

namespace loom::ui {
namespace {

constexpr int kMostSmoothing = 30;  ///< of the slider; each ten of it look back ten times as far

/// Looks back over 10^(value / 10) points.
double smoothingOf(int value) { return value == 0 ? 0.0 : 1.0 - std::pow(10.0, -value / 10.0); }

}  // namespace

RunView::RunView(QWidget* parent) : QWidget(parent), m_header(new RunHeader(this)), m_stories(new StoriesStrip(this)) {
    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(buildPlots());
    splitter->addWidget(m_stories);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    m_stories->setContentsMargins(0, 8, 0, 0);
    m_stories->setMinimumHeight(110);
    splitter->setSizes({330, 180});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 14, 16, 12);
    column->setSpacing(10);
    column->addWidget(m_header);
    column->addWidget(splitter, 1);
    applyChoices();
}

QWidget* RunView::buildPlots() {
    auto* body = new QWidget(this);
    auto* bar = new QHBoxLayout;
    bar->setSpacing(8);
    m_axis = new QComboBox(body);
    m_axis->addItem(tr("step"), static_cast<int>(CurveAxis::Step));
    m_axis->addItem(tr("tokens"), static_cast<int>(CurveAxis::Tokens));
    m_axis->addItem(tr("time"), static_cast<int>(CurveAxis::Time));
    m_axis->setToolTip(tr("Against what the curves are drawn. Networks that see batches of different size compare by tokens."));
    m_axis->setAccessibleName(tr("Axis"));
    m_logX = new QCheckBox(tr("log x"), body);
    m_logX->setToolTip(tr("A logarithmic axis shows how early steps compare with late ones."));
    m_logY = new QCheckBox(tr("log y"), body);
    m_logY->setToolTip(tr("Loss, learning rate and gradient on a logarithmic axis."));
    m_smoothing = new QSlider(Qt::Horizontal, body);
    m_smoothing->setRange(0, kMostSmoothing);
    m_smoothing->setValue(10);
    m_smoothing->setFixedWidth(90);
    m_smoothing->setToolTip(tr("How many steps the strong line averages over, from one to a thousand. The faint line is every step."));
    m_smoothing->setAccessibleName(tr("Smoothing"));
    m_quantity = new QComboBox(body);
    for (const CurveQuantity quantity :
         {CurveQuantity::LearningRate, CurveQuantity::GradientNorm, CurveQuantity::Speed, CurveQuantity::Memory})
        m_quantity->addItem(RunCurves::title(quantity), static_cast<int>(quantity));
    m_quantity->setToolTip(tr("What the plot at the right shows"));
    m_quantity->setAccessibleName(tr("Quantity of the right plot"));
    bar->addWidget(sectionHeading(tr("Loss"), body));
    bar->addSpacing(8);
    bar->addWidget(mutedLabel(tr("against"), body));
    bar->addWidget(m_axis);
    bar->addWidget(m_logX);
    bar->addWidget(m_logY);
    bar->addSpacing(8);
    bar->addWidget(mutedLabel(tr("smoothed"), body));
    bar->addWidget(m_smoothing);
    bar->addStretch(1);
    bar->addWidget(m_quantity);
    auto* plots = new QHBoxLayout;
    plots->setSpacing(16);
    m_loss = new RunCurves(body);
    m_other = new RunCurves(body);
    plots->addWidget(m_loss, 3);
    plots->addWidget(m_other, 2);
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(bar);
    column->addLayout(plots, 1);
    for (QComboBox* box : {m_axis, m_quantity}) connect(box, &QComboBox::currentIndexChanged, this, &RunView::applyChoices);
    for (QCheckBox* box : {m_logX, m_logY}) connect(box, &QCheckBox::toggled, this, &RunView::applyChoices);
    connect(m_smoothing, &QSlider::valueChanged, this, &RunView::applyChoices);
    return body;
}

void RunView::applyChoices() {
    m_other->setQuantity(static_cast<CurveQuantity>(m_quantity->currentData().toInt()));
    for (RunCurves* plot : {m_loss, m_other}) {
        plot->setAxis(static_cast<CurveAxis>(m_axis->currentData().toInt()));
        plot->setLogarithmic(m_logX->isChecked(), m_logY->isChecked());
        plot->setSmoothing(smoothingOf(m_smoothing->value()));
    }
}

void RunView::setCurves(const std::vector<RunCurve>& curves) {
    // Only networks with experts have a busiest one.
    const bool experts = std::any_of(curves.begin(), curves.end(), [](const RunCurve& run) {
        return run.points && !run.points->empty() && run.points->back().expertLoad;
    });
    const int at = m_quantity->findData(static_cast<int>(CurveQuantity::ExpertLoad));
    if (experts && at < 0) m_quantity->addItem(RunCurves::title(CurveQuantity::ExpertLoad), static_cast<int>(CurveQuantity::ExpertLoad));
    if (!experts && at >= 0) m_quantity->removeItem(at);
    m_loss->setRuns(curves);
    m_other->setRuns(curves);
}

void RunView::setGhosts(const std::vector<GhostCurve>& ghosts) { m_loss->setGhosts(ghosts); }

}  // namespace loom::ui
