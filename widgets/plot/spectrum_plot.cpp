// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/spectrum_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "widgets/common/number_format.h"

namespace loom::ui {

namespace {

double energy(const std::vector<double>& values, std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += values[i] * values[i];
    return sum;
}

}  // namespace

int valuesHolding(const std::vector<double>& values, double share) {
    const double all = energy(values, values.size());
    if (!(all > 0)) return 0;
    double sum = 0;
    int count = 0;
    for (const double value : values) {
        sum += value * value;
        ++count;
        if (sum >= share * all * (1 - 1e-12)) break;
    }
    return count;
}

double shareOfFirst(const std::vector<double>& values, int count) {
    const double all = energy(values, values.size());
    const auto first = std::min(values.size(), static_cast<std::size_t>(std::max(0, count)));
    return all > 0 ? energy(values, first) / all : 0;
}

SpectrumPlot::SpectrumPlot(QWidget* parent) : PlotFrame(parent) {
    setAccessibleName(tr("Singular values, largest first"));
    setAccessibleDescription(tr("Arrow keys go from value to value."));
    setFocusPolicy(Qt::StrongFocus);
    plot()->xAxis->setLabel(tr("singular value, largest first"));
    plot()->yAxis->setLabel(tr("size"));
    plot()->xAxis->ticker()->setTickCount(6);
    plot()->yAxis->ticker()->setTickCount(4);
    m_held = new QCPBars(plot()->xAxis, plot()->yAxis);
    m_rest = new QCPBars(plot()->xAxis, plot()->yAxis);
    for (QCPBars* bars : {m_held, m_rest}) {
        bars->setSelectable(QCP::stNone);
        bars->setWidth(0.82);
    }
    m_line = new QCPItemLine(plot());
    m_cross = new QCPItemLine(plot());
    for (QCPItemLine* line : {m_line, m_cross}) line->setSelectable(false);
    m_text = textItem(Qt::AlignLeft | Qt::AlignTop);
    recolour(palette());
    refresh();
}

void SpectrumPlot::setSpectrum(const Spectrum& spectrum, Meaning meaning) {
    m_spectrum = spectrum;
    m_meaning = meaning;
    m_read = -1;
    recolour(palette());
    refresh();
}

void SpectrumPlot::setShare(double share) {
    m_share = std::clamp(share, 0.0, 1.0);
    refresh();
}

void SpectrumPlot::refresh() {
    const std::vector<double>& values = m_spectrum.values;
    m_marked = valuesHolding(values, m_share);
    QVector<double> held, heldAt, rest, restAt;
    double most = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const bool first = static_cast<int>(i) < m_marked;
        (first ? held : rest).push_back(values[i]);
        (first ? heldAt : restAt).push_back(static_cast<double>(i) + 1);
        most = std::max(most, values[i]);
    }
    m_held->setData(heldAt, held, true);
    m_rest->setData(restAt, rest, true);
    const double end = static_cast<double>(values.size()) + 0.5;
    plot()->xAxis->setRange(0.5, std::max(1.5, end));
    plot()->yAxis->setRange(0, most > 0 ? most * 1.12 : 1);
    const double at = m_marked + 0.5;
    m_line->setVisible(m_marked > 0);
    m_text->setVisible(m_marked > 0);
    m_line->start->setCoords(at, 0);
    m_line->end->setCoords(at, plot()->yAxis->range().upper);
    m_text->setPositionAlignment((at > end * 0.6 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
    m_text->position->setCoords(at, plot()->yAxis->range().upper);
    m_text->setText(
        tr("%1 of %2 values hold %3 of the energy").arg(formatCount(m_marked), formatCount(std::ssize(values)), formatPercent(m_share)));
    showAt(m_read);
}

void SpectrumPlot::showAt(int index) {
    const bool inside = index >= 0 && index < static_cast<int>(m_spectrum.values.size());
    m_read = inside ? index : -1;
    m_cross->setVisible(inside);
    if (inside) {
        m_cross->start->setCoords(index + 1, 0);
        m_cross->end->setCoords(index + 1, plot()->yAxis->range().upper);
    }
    plot()->replot(QCustomPlot::rpQueuedReplot);
    emit read(m_read);
}

void SpectrumPlot::readAt(double x) { showAt(x >= 0.5 ? static_cast<int>(std::lround(x)) - 1 : -1); }

void SpectrumPlot::keyPressEvent(QKeyEvent* event) {
    const int last = static_cast<int>(m_spectrum.values.size()) - 1;
    switch (event->key()) {
        case Qt::Key_Left: showAt(std::max(0, m_read - 1)); break;
        case Qt::Key_Right: showAt(std::min(last, m_read + 1)); break;
        case Qt::Key_Home: showAt(0); break;
        case Qt::Key_End: showAt(last); break;
        case Qt::Key_Escape:
            if (m_read < 0) return PlotFrame::keyPressEvent(event);
            showAt(-1);
            break;
        default: PlotFrame::keyPressEvent(event);
    }
}

QString SpectrumPlot::describe(int index) const {
    const std::vector<double>& values = m_spectrum.values;
    if (index < 0 || index >= static_cast<int>(values.size())) return {};
    return tr("value %1 of %2: %3; the first %1 hold %4 of the energy")
        .arg(formatCount(index + 1), formatCount(std::ssize(values)), QLocale().toString(values[static_cast<std::size_t>(index)], 'g', 4),
             formatPercent(shareOfFirst(values, index + 1)));
}

void SpectrumPlot::applyColours(const QPalette& palette) {
    const QColor full = colour(m_meaning);
    QColor faint = full;
    faint.setAlphaF(0.35F);
    m_held->setPen(Qt::NoPen);
    m_held->setBrush(full);
    m_rest->setPen(Qt::NoPen);
    m_rest->setBrush(faint);
    m_line->setPen(QPen(mutedText(palette), 1, Qt::DotLine));
    m_cross->setPen(QPen(palette.color(QPalette::WindowText), 1));
    m_text->setColor(mutedText(palette));
    m_text->setFont(font());
}

QString SpectrumPlot::figureName() const { return m_spectrum.values.empty() ? QString() : tr("singular-values"); }

QSize SpectrumPlot::figureSize() const { return m_spectrum.values.empty() ? QSize() : plot()->size(); }

QString SpectrumPlot::csv() const {
    QString text = QStringLiteral("index,singular_value,energy_of_the_first\n");
    const double all = energy(m_spectrum.values, m_spectrum.values.size());
    double sum = 0;
    int index = 0;
    for (const double value : m_spectrum.values) {
        sum += value * value;
        text += QStringLiteral("%1,%2,%3\n").arg(++index).arg(value, 0, 'g', 12).arg(all > 0 ? sum / all : 0, 0, 'g', 12);
    }
    return text;
}

}  // namespace loom::ui
