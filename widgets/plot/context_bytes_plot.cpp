// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/context_bytes_plot.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <qcustomplot.h>

#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/plot/byte_ticker.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {
namespace {

/// 64, 1 k, 1 M: a context is counted in powers of two.
class ContextTicker final : public QCPAxisTicker {
protected:
    QVector<double> createTickVector(double, const QCPRange&) override { return {64, 512, 4096, 32768, 262144, 1048576}; }
    QString getTickLabel(double tick, const QLocale& locale, QChar, int) override { return formatCount(std::llround(tick), locale); }
    QVector<double> createSubTickVector(int, const QVector<double>&) override { return {}; }
};

}  // namespace

ContextBytesPlot::ContextBytesPlot(QWidget* parent)
    : PlotFrame(parent), m_memory(new QCPItemLine(plot())), m_cross(new QCPItemLine(plot())) {
    setAccessibleName(tr("Bytes of the cache against context, by formula"));
    plot()->xAxis->setLabel(tr("context in tokens, logarithmic"));
    plot()->yAxis->setLabel(tr("bytes"));
    for (QCPAxis* axis : {plot()->xAxis, plot()->yAxis}) axis->setScaleType(QCPAxis::stLogarithmic);
    plot()->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new ContextTicker));
    const QSharedPointer<LogByteTicker> ticker(new LogByteTicker);
    ticker->setLogBase(100);
    ticker->setSubTickCount(0);
    plot()->yAxis->setTicker(ticker);
    plot()->xAxis->setRange(kFirst, kLast);
    plot()->axisRect()->setMargins(QMargins(0, 4, 150, 0));
    m_memoryText = textItem(Qt::AlignLeft | Qt::AlignBottom);
    m_crossText = textItem(Qt::AlignLeft | Qt::AlignTop);
    m_crossText->setTextAlignment(Qt::AlignLeft);
    m_crossText->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_crossText->position->setCoords(0.01, 0.0);
    for (QCPItemLine* line : {m_memory, m_cross}) {
        line->setSelectable(false);
        line->setVisible(false);
    }
    m_memoryText->setVisible(false);
    m_crossText->setVisible(false);
    connect(plot(), &QCustomPlot::afterLayout, this, &ContextBytesPlot::placeLabels);
    recolour(palette());
    setLines({});
}

double ContextBytesPlot::bytesAt(std::size_t line, double context) const {
    return static_cast<double>(m_lines[line].spec.bytesPerToken()) * static_cast<double>(m_lines[line].stories) * context;
}

void ContextBytesPlot::setLines(std::vector<Line> lines) {
    for (QCPGraph* graph : m_graphs) plot()->removeGraph(graph);
    for (QCPItemText* label : m_labels) plot()->removeItem(label);
    m_graphs.clear();
    m_labels.clear();
    m_lines = std::move(lines);
    double least = 1e5, most = 1e9;
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        QCPGraph* graph = plot()->addGraph();
        QVector<double> x, y;
        for (double context = static_cast<double>(kFirst); context <= static_cast<double>(kLast); context *= 2) {
            x.append(context);
            y.append(std::max(bytesAt(i, context), 1.0));
        }
        graph->setData(x, y, true);
        least = std::min(i == 0 ? y.first() : least, y.first());
        most = std::max(i == 0 ? y.last() : most, y.last());
        m_graphs.push_back(graph);
        QCPItemText* label = textItem(Qt::AlignLeft | Qt::AlignVCenter);
        label->setClipToAxisRect(false);
        label->setText(QFontMetrics(font()).elidedText(m_lines[i].name, Qt::ElideMiddle, 140));
        m_labels.push_back(label);
    }
    plot()->yAxis->setRange(least / 2, most * 2);
    recolour(palette());
    readAt(-1);
}

/// At the right ends of the lines, pushed apart where they would lie on each other.
void ContextBytesPlot::placeLabels() {
    std::vector<std::size_t> order(m_lines.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto end = [this](std::size_t i) { return std::max(bytesAt(i, static_cast<double>(kLast)), 1.0); };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return end(a) > end(b); });
    const QCPRange range = plot()->yAxis->range();
    const int height = plot()->axisRect()->height();
    if (height <= 0) return;  // not laid out yet
    const double step = QFontMetrics(font()).height() * 1.05 / height;
    double above = -step;
    for (const std::size_t i : order) {
        const double own = 1 - std::log(end(i) / range.lower) / std::log(range.upper / range.lower);
        above = std::max(own, above + step);
        m_labels[i]->position->setType(QCPItemPosition::ptAxisRectRatio);
        m_labels[i]->position->setCoords(1.0, above);
    }
}

void ContextBytesPlot::setMemory(std::int64_t bytes) {
    m_bytes = bytes;
    m_memory->setVisible(bytes > 0);
    m_memoryText->setVisible(bytes > 0);
    const auto level = static_cast<double>(std::max<std::int64_t>(bytes, 1));
    m_memory->start->setCoords(static_cast<double>(kFirst), level);
    m_memory->end->setCoords(static_cast<double>(kLast), level);
    m_memoryText->position->setCoords(static_cast<double>(kFirst), level);
    m_memoryText->setText(tr("memory: %1").arg(formatBytes(bytes)));
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

void ContextBytesPlot::applyColours(const QPalette& palette) {
    for (std::size_t i = 0; i < m_graphs.size(); ++i) {
        const Meaning meaning = formMeaning(m_lines[i].spec.form);
        m_graphs[i]->setPen(QPen(colour(meaning), 1.5, Qt::DashLine));
        m_labels[i]->setColor(textColour(meaning, palette));
        m_labels[i]->setFont(font());
    }
    m_memory->setPen(QPen(mutedText(palette), 1, Qt::DotLine));
    m_memoryText->setColor(mutedText(palette));
    m_memoryText->setFont(font());
    m_cross->setPen(QPen(mutedText(palette), 1));
    m_crossText->setColor(palette.color(QPalette::WindowText));
    m_crossText->setBrush(palette.color(QPalette::Window));
    m_crossText->setFont(font());
}

void ContextBytesPlot::readAt(double context) {
    const bool inside = !m_lines.empty() && context >= static_cast<double>(kFirst) && context <= static_cast<double>(kLast);
    m_cross->setVisible(inside);
    m_crossText->setVisible(inside);
    if (inside) {
        m_cross->start->setCoords(context, plot()->yAxis->range().lower);
        m_cross->end->setCoords(context, plot()->yAxis->range().upper);
        QStringList words{tr("%1 tokens").arg(formatCount(std::llround(context)))};
        for (std::size_t i = 0; i < m_lines.size(); ++i) {
            words.append(QStringLiteral("%1: %2").arg(m_lines[i].name, formatBytes(std::llround(bytesAt(i, std::round(context))))));
        }
        m_crossText->setText(words.join(QLatin1Char('\n')));
    }
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

QString ContextBytesPlot::figureName() const { return m_lines.empty() ? QString() : tr("bytes-by-context"); }

QString ContextBytesPlot::csv() const {
    QString text = QStringLiteral("network,bytes_per_token,stories,context,bytes\n");
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        for (std::int64_t context = kFirst; context <= kLast; context *= 2) {
            text += QStringLiteral("%1,%2,%3,%4,%5\n")
                        .arg(csvField(m_lines[i].name))
                        .arg(m_lines[i].spec.bytesPerToken())
                        .arg(m_lines[i].stories)
                        .arg(context)
                        .arg(bytesAt(i, static_cast<double>(context)), 0, 'f', 0);
        }
    }
    return text;
}

}  // namespace loom::ui
