// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/time_plot.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <qcustomplot.h>

#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {
namespace {

QString milliseconds(double seconds) { return QLocale().toString(seconds * 1e3, 'f', seconds < 9.95e-3 ? 2 : 1); }

class ContextTicker final : public QCPAxisTicker {
public:
    explicit ContextTicker(std::vector<std::int64_t> contexts) : m_contexts(std::move(contexts)) {}

protected:
    QVector<double> createTickVector(double, const QCPRange&) override {
        QVector<double> ticks;
        for (const std::int64_t context : m_contexts) ticks.append(static_cast<double>(context));
        return ticks;
    }
    QString getTickLabel(double tick, const QLocale& locale, QChar, int) override { return formatCount(std::llround(tick), locale); }
    QVector<double> createSubTickVector(int, const QVector<double>&) override { return {}; }

private:
    std::vector<std::int64_t> m_contexts;
};

}  // namespace

TimePlot::TimePlot(QWidget* parent) : PlotFrame(parent), m_cross(new QCPItemLine(plot())) {
    setAccessibleName(tr("Milliseconds of a step against context, measured on this machine"));
    plot()->xAxis->setLabel(tr("tokens in the cache, logarithmic"));
    plot()->yAxis->setLabel(tr("ms a step"));
    for (QCPAxis* axis : {plot()->xAxis, plot()->yAxis}) axis->setScaleType(QCPAxis::stLogarithmic);
    const QSharedPointer<QCPAxisTickerLog> ticker(new QCPAxisTickerLog);
    ticker->setLogBase(4);
    plot()->yAxis->setTicker(ticker);
    plot()->yAxis->setNumberFormat(QStringLiteral("gb"));
    plot()->yAxis->setNumberPrecision(3);
    plot()->axisRect()->setMargins(QMargins(0, 4, 150, 0));
    m_cross->setSelectable(false);
    m_crossText = textItem(Qt::AlignLeft | Qt::AlignTop);
    m_crossText->setTextAlignment(Qt::AlignLeft);
    m_crossText->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_crossText->position->setCoords(0.01, 0.0);
    m_cross->setVisible(false);
    m_crossText->setVisible(false);
    connect(plot(), &QCustomPlot::afterLayout, this, &TimePlot::placeLabels);
    recolour(palette());
    setGrid({}, 0);
}

QString TimePlot::rowName(const TimeGrid& grid, std::size_t row) {
    const TimeRow& r = grid.rows[row];
    std::size_t letter = row;
    // The naive way of somebody who was chosen absorbed stands behind all who were chosen.
    for (std::size_t i = 0; i < row; ++i) {
        if (r.naive && grid.rows[i].name == r.name && !grid.rows[i].naive) letter = i;
    }
    const QString name = QStringLiteral("%1 · %2").arg(QChar(u'A' + static_cast<char16_t>(letter))).arg(QString::fromStdString(r.name));
    return r.naive ? tr("%1, naive").arg(name) : name;
}

void TimePlot::setGrid(const TimeGrid& grid, std::size_t batch) {
    for (const Line& line : m_lines) {
        plot()->removePlottable(line.bars);
        plot()->removeGraph(line.graph);
        plot()->removeItem(line.label);
    }
    m_lines.clear();
    m_grid = grid;
    m_batch = batch;
    double least = 1e9, most = 0;
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
        QVector<double> x, y, below, above;
        for (std::size_t c = 0; c < grid.contexts.size(); ++c) {
            const auto& cell = grid.at(row, c, batch);
            if (!cell) continue;
            x.append(static_cast<double>(grid.contexts[c]));
            y.append(cell->median * 1e3);
            below.append((cell->median - cell->least) * 1e3);
            above.append((cell->most - cell->median) * 1e3);
            least = std::min(least, cell->least * 1e3);
            most = std::max(most, cell->most * 1e3);
        }
        Line line{plot()->addGraph(), new QCPErrorBars(plot()->xAxis, plot()->yAxis), textItem(Qt::AlignLeft | Qt::AlignVCenter)};
        line.graph->setData(x, y, true);
        line.graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 5));
        line.bars->setDataPlottable(line.graph);
        line.bars->setErrorType(QCPErrorBars::etValueError);
        line.bars->setData(below, above);
        line.bars->setSymbolGap(0);
        line.bars->setSelectable(QCP::stNone);
        line.label->setClipToAxisRect(false);
        line.label->setText(QFontMetrics(font()).elidedText(rowName(grid, row), Qt::ElideMiddle, 140));
        m_lines.push_back(line);
    }
    const bool any = most > 0;
    if (!grid.contexts.empty()) {
        plot()->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new ContextTicker(grid.contexts)));
        plot()->xAxis->setRange(static_cast<double>(grid.contexts.front()) / 1.3, static_cast<double>(grid.contexts.back()) * 1.15);
    }
    plot()->yAxis->setRange(any ? least / 1.5 : 0.1, any ? most * 1.5 : 10);
    recolour(palette());
    readAt(-1);
}

void TimePlot::placeLabels() {
    const QCPRange range = plot()->yAxis->range();
    const int height = plot()->axisRect()->height();
    if (height <= 0) return;
    std::vector<std::size_t> order(m_lines.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto end = [&](std::size_t i) {
        const auto measured = m_lines[i].graph->data();
        const double last = measured->isEmpty() ? range.lower : (measured->constEnd() - 1)->value;
        return 1 - std::log(std::max(last, range.lower) / range.lower) / std::log(range.upper / range.lower);
    };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return end(a) < end(b); });
    const double step = QFontMetrics(font()).height() * 1.05 / height;
    double above = -step;
    for (const std::size_t i : order) {
        m_lines[i].label->setVisible(!m_lines[i].graph->data()->isEmpty());
        if (!m_lines[i].label->visible()) continue;
        above = std::max(end(i), above + step);
        m_lines[i].label->position->setType(QCPItemPosition::ptAxisRectRatio);
        m_lines[i].label->position->setCoords(1.0, above);
    }
}

void TimePlot::applyColours(const QPalette& palette) {
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const Meaning meaning = formMeaning(m_grid.rows[i].form);
        const QPen pen(colour(meaning), m_grid.rows[i].naive ? 1.2 : 2);
        m_lines[i].graph->setPen(pen);
        m_lines[i].bars->setPen(QPen(colour(meaning), 1));
        m_lines[i].label->setColor(textColour(meaning, palette));
        m_lines[i].label->setFont(font());
    }
    m_cross->setPen(QPen(mutedText(palette), 1));
    m_crossText->setColor(palette.color(QPalette::WindowText));
    m_crossText->setBrush(palette.color(QPalette::Window));
    m_crossText->setFont(font());
}

void TimePlot::readAt(double context) {
    QStringList words;
    if (context > 0 && !m_grid.contexts.empty()) {
        std::size_t near = 0;
        for (std::size_t c = 0; c < m_grid.contexts.size(); ++c) {
            const auto away = [&](std::size_t i) { return std::abs(std::log(static_cast<double>(m_grid.contexts[i]) / context)); };
            if (away(c) < away(near)) near = c;
        }
        for (std::size_t row = 0; row < m_grid.rows.size(); ++row) {
            const auto& cell = m_grid.at(row, near, m_batch);
            if (!cell) continue;
            words.append(tr("%1: %2 ms (%3 … %4)")
                             .arg(rowName(m_grid, row), milliseconds(cell->median), milliseconds(cell->least), milliseconds(cell->most)));
        }
        if (!words.isEmpty()) {
            const auto at = static_cast<double>(m_grid.contexts[near]);
            m_cross->start->setCoords(at, plot()->yAxis->range().lower);
            m_cross->end->setCoords(at, plot()->yAxis->range().upper);
            words.prepend(tr("%1 tokens").arg(formatCount(m_grid.contexts[near])));
            m_crossText->setText(words.join(QLatin1Char('\n')));
        }
    }
    m_cross->setVisible(!words.isEmpty());
    m_crossText->setVisible(!words.isEmpty());
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

int TimePlot::points(std::size_t row) const { return row < m_lines.size() ? m_lines[row].graph->dataCount() : 0; }

QString TimePlot::figureName() const { return m_grid.measured() > 0 ? tr("time-by-context") : QString(); }

QString TimePlot::csv() const {
    QString text = QStringLiteral("network,context,stories,median_ms,least_ms,most_ms,repeats\n");
    for (std::size_t row = 0; row < m_grid.rows.size(); ++row) {
        for (std::size_t c = 0; c < m_grid.contexts.size(); ++c) {
            for (std::size_t b = 0; b < m_grid.batches.size(); ++b) {
                const auto& cell = m_grid.at(row, c, b);
                if (!cell) continue;
                text += QStringLiteral("%1,%2,%3,%4,%5,%6,%7\n")
                            .arg(csvField(rowName(m_grid, row)))
                            .arg(m_grid.contexts[c])
                            .arg(m_grid.batches[b])
                            .arg(cell->median * 1e3)
                            .arg(cell->least * 1e3)
                            .arg(cell->most * 1e3)
                            .arg(cell->repeats);
            }
        }
    }
    return text;
}

}  // namespace loom::ui
