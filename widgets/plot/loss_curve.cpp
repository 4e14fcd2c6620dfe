// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/loss_curve.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"

namespace loom::ui {
namespace {

/// 1,000 as the locale writes it.
class CountTicker final : public QCPAxisTicker {
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar, int) override {
        return formatCount(static_cast<std::int64_t>(std::llround(tick)), locale);
    }
};

QString lossText(const std::optional<double>& loss) { return loss ? QLocale().toString(*loss, 'f', 3) : QStringLiteral("–"); }

}  // namespace

LossCurve::LossCurve(QWidget* parent) : PlotFrame(parent) {
    setAccessibleName(tr("Loss against training steps"));
    plot()->xAxis->setLabel(tr("training step"));
    plot()->yAxis->setLabel(tr("loss, nats per token"));
    const QSharedPointer<QCPAxisTicker> ticker(new CountTicker);
    ticker->setTickCount(5);
    plot()->xAxis->setTicker(ticker);
    plot()->yAxis->ticker()->setTickCount(4);
    plot()->yAxis->setNumberFormat(QStringLiteral("f"));
    plot()->yAxis->setNumberPrecision(1);
    m_training = plot()->addGraph();
    m_validation = plot()->addGraph();
    m_cross = new QCPItemLine(plot());
    m_cross->setSelectable(false);
    m_trainingText = textItem(Qt::AlignRight | Qt::AlignTop);
    m_validationText = textItem(Qt::AlignRight | Qt::AlignTop);
    m_crossText = textItem(Qt::AlignRight | Qt::AlignTop);
    for (QCPItemText* text : {m_trainingText, m_validationText, m_crossText}) text->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_validationText->position->setCoords(0.99, 0.0);
    m_trainingText->position->setCoords(0.99, 0.12);
    m_crossText->position->setCoords(0.99, 0.0);
    readAt(-1);
    recolour(palette());
}

void LossCurve::setCurve(const std::vector<CurvePoint>& curve) {
    m_curve = curve;
    std::stable_sort(m_curve.begin(), m_curve.end(), [](const CurvePoint& a, const CurvePoint& b) { return a.step < b.step; });
    QVector<double> steps, losses, heldOutSteps, heldOut;
    double lowest = HUGE_VAL, highest = 0;
    const auto add = [&](QVector<double>& x, QVector<double>& y, const CurvePoint& point, const std::optional<double>& loss) {
        if (!loss) return;
        x.push_back(static_cast<double>(point.step));
        y.push_back(*loss);
        lowest = std::min(lowest, *loss);
        highest = std::max(highest, *loss);
    };
    for (const CurvePoint& point : m_curve) {
        add(steps, losses, point, point.loss);
        add(heldOutSteps, heldOut, point, point.validationLoss);
    }
    m_training->setData(steps, losses, true);
    m_validation->setData(heldOutSteps, heldOut, true);
    m_trainingText->setText(tr("training data (line)"));
    m_validationText->setText(tr("held-out stories (points)"));
    m_trainingText->setVisible(!losses.isEmpty());
    m_validationText->setVisible(!heldOut.isEmpty());
    if (highest > 0) {
        const double margin = std::max(0.08 * (highest - lowest), 0.05);
        plot()->yAxis->setRange(lowest - margin, highest + margin);
        plot()->xAxis->setRange(0, std::max(1.0, static_cast<double>(m_curve.back().step)) * 1.02);
    }
    recolour(palette());
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

const CurvePoint* LossCurve::nearest(double step) const {
    const CurvePoint* best = nullptr;
    for (const CurvePoint& point : m_curve) {
        const auto away = [&](const CurvePoint& p) { return std::abs(static_cast<double>(p.step) - step); };
        if (!best || away(point) < away(*best)) best = &point;
    }
    return best;
}

QString LossCurve::describe(double step) const {
    const CurvePoint* point = nearest(step);
    if (!point) return {};
    //: %1 a step, %2 tokens, %3 and %4 losses
    return tr("step %1, %2 tokens seen: training %3, held out %4")
        .arg(formatCount(point->step), formatCount(point->tokens), lossText(point->loss), lossText(point->validationLoss));
}

void LossCurve::readAt(double x) {
    const CurvePoint* point = x >= 0 ? nearest(x) : nullptr;
    m_cross->setVisible(point != nullptr);
    m_crossText->setVisible(point != nullptr);
    m_trainingText->setVisible(!point && !m_training->data()->isEmpty());
    m_validationText->setVisible(!point && !m_validation->data()->isEmpty());
    if (point) {
        const auto at = static_cast<double>(point->step);
        m_cross->start->setCoords(at, plot()->yAxis->range().lower);
        m_cross->end->setCoords(at, plot()->yAxis->range().upper);
        m_crossText->setText(describe(x));
    }
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

void LossCurve::applyColours(const QPalette& palette) {
    m_training->setPen(QPen(mutedText(palette), 1));
    QCPScatterStyle points(QCPScatterStyle::ssDisc, 5);
    points.setPen(QPen(accent(palette), 1));
    points.setBrush(accent(palette));
    m_validation->setScatterStyle(points);
    m_validation->setPen(QPen(accent(palette), 1.5));
    m_cross->setPen(QPen(mutedText(palette), 1));
    m_trainingText->setColor(mutedText(palette));
    m_validationText->setColor(accent(palette));
    m_crossText->setColor(palette.color(QPalette::WindowText));
    m_crossText->setBrush(palette.color(QPalette::Window));
    for (QCPItemText* text : {m_trainingText, m_validationText, m_crossText}) text->setFont(font());
}

QString LossCurve::figureName() const { return m_curve.empty() ? QString() : tr("loss-curve"); }

QString LossCurve::csv() const {
    QString text = QStringLiteral("step,tokens,loss,validation_loss\n");
    const auto cell = [](const std::optional<double>& value) { return value ? QString::number(*value) : QString(); };
    for (const CurvePoint& point : m_curve) {
        text += QString::number(point.step) + u',' + QString::number(point.tokens) + u',' + cell(point.loss) + u',' +
                cell(point.validationLoss) + u'\n';
    }
    return text;
}

}  // namespace loom::ui
