// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/twin_growth_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/plot/byte_ticker.h"

namespace loom::ui {
namespace {

constexpr double kFirstTokens = 64;  ///< how far the axis goes before there is more

}  // namespace

TwinGrowthPlot::TwinGrowthPlot(QWidget* parent) : PlotFrame(parent), m_cross(new QCPItemLine(plot())) {
    setAccessibleName(tr("Bytes in each cache against tokens"));
    plot()->xAxis->setLabel(tr("tokens in the cache, the prompt’s included"));
    plot()->yAxis->setLabel(tr("bytes, as allocated"));
    plot()->xAxis->ticker()->setTickCount(6);
    const QSharedPointer<QCPAxisTicker> ticker(new ByteTicker);
    ticker->setTickCount(4);
    plot()->yAxis->setTicker(ticker);
    m_cross->setSelectable(false);
    m_cross->setVisible(false);
    m_crossText = textItem(Qt::AlignLeft | Qt::AlignTop);
    m_crossText->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_crossText->position->setCoords(0.01, 0.0);
    m_crossText->setTextAlignment(Qt::AlignLeft);
    m_crossText->setVisible(false);
    recolour(palette());
    fit();
}

void TwinGrowthPlot::begin(const std::vector<TwinContestant>& contestants) {
    for (const Line& line : m_lines) {
        plot()->removeGraph(line.used);
        plot()->removeGraph(line.allocated);
        plot()->removeItem(line.label);
    }
    m_lines.clear();
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        Line line;
        line.name = QStringLiteral("%1 · %2").arg(QChar(u'A' + static_cast<char16_t>(i))).arg(QString::fromStdString(contestants[i].name));
        line.form = contestants[i].cache.form;
        line.allocated = plot()->addGraph();
        line.used = plot()->addGraph();
        line.label = textItem(Qt::AlignRight | Qt::AlignBottom);
        line.label->setVisible(false);
        line.label->setClipToAxisRect(false);
        m_lines.push_back(std::move(line));
    }
    readAt(-1);
    recolour(palette());
    fit();
}

void TwinGrowthPlot::add(const std::vector<TwinTick>& ticks) {
    for (const TwinTick& tick : ticks) {
        for (std::size_t i = 0; i < std::min(m_lines.size(), tick.tokens.size()); ++i) {
            if (!tick.tokens[i]) continue;
            const TwinToken& token = *tick.tokens[i];
            Line& line = m_lines[i];
            line.tokens.push_back(token);
            const auto x = static_cast<double>(token.usedTokens);
            if (line.tokens.size() == 1) {  // the prompt came at once: the line begins with nothing
                line.used->addData(0, 0);
                line.allocated->addData(0, static_cast<double>(token.allocatedBytes));
            }
            line.used->addData(x, static_cast<double>(token.usedBytes));
            line.allocated->addData(x, static_cast<double>(token.allocatedBytes));
        }
    }
    fit();
}

void TwinGrowthPlot::fit() {
    double right = kFirstTokens, top = 1;
    for (const Line& line : m_lines) {
        if (line.tokens.empty()) continue;
        right = std::max(right, static_cast<double>(line.tokens.back().usedTokens) * 1.1);
        top = std::max(top, static_cast<double>(line.tokens.back().allocatedBytes));
    }
    plot()->xAxis->setRange(0, right);
    plot()->yAxis->setRange(0, top * 1.18);
    for (Line& line : m_lines) {
        line.label->setVisible(!line.tokens.empty());
        if (line.tokens.empty()) continue;
        const TwinToken& last = line.tokens.back();
        line.label->setText(line.name);
        const auto x = static_cast<double>(last.usedTokens);
        line.label->setPositionAlignment((x > right * 0.35 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignBottom);
        line.label->position->setCoords(x, static_cast<double>(last.usedBytes));
    }
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

void TwinGrowthPlot::applyColours(const QPalette& palette) {
    for (Line& line : m_lines) {
        const QColor ink = colour(formMeaning(line.form));
        QColor faint = ink;
        faint.setAlphaF(0.45F);
        line.used->setPen(QPen(ink, 2));
        line.allocated->setPen(QPen(faint, 1));
        line.allocated->setLineStyle(QCPGraph::lsStepLeft);
        line.label->setColor(textColour(formMeaning(line.form), palette));
        line.label->setFont(font());
    }
    m_cross->setPen(QPen(mutedText(palette), 1));
    m_crossText->setColor(palette.color(QPalette::WindowText));
    m_crossText->setBrush(palette.color(QPalette::Window));
    m_crossText->setFont(font());
}

void TwinGrowthPlot::readAt(double tokens) {
    QStringList lines;
    for (const Line& line : m_lines) {
        if (line.tokens.empty() || tokens < 0) continue;
        const auto at = std::min_element(line.tokens.begin(), line.tokens.end(), [tokens](const TwinToken& a, const TwinToken& b) {
            return std::abs(static_cast<double>(a.usedTokens) - tokens) < std::abs(static_cast<double>(b.usedTokens) - tokens);
        });
        lines.append(
            tr("%1: %2 tokens, %3 used of %4")
                .arg(line.name, formatCount(at->usedTokens), formatBytesExact(at->usedBytes), formatBytesExact(at->allocatedBytes)));
    }
    m_cross->setVisible(!lines.isEmpty());
    m_crossText->setVisible(!lines.isEmpty());
    if (!lines.isEmpty()) {
        m_cross->start->setCoords(tokens, 0);
        m_cross->end->setCoords(tokens, plot()->yAxis->range().upper);
        m_crossText->setText(lines.join(QLatin1Char('\n')));
    }
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

std::vector<std::int64_t> TwinGrowthPlot::series(std::size_t who) const {
    std::vector<std::int64_t> bytes;
    for (const TwinToken& token : m_lines[who].tokens) bytes.push_back(token.usedBytes);
    return bytes;
}

QString TwinGrowthPlot::figureName() const { return m_lines.empty() ? QString() : tr("twin-cache-growth"); }

QString TwinGrowthPlot::csv() const {
    QString text = QStringLiteral("contestant,tokens,used_bytes,allocated_bytes,milliseconds\n");
    for (const Line& line : m_lines) {
        for (const TwinToken& token : line.tokens) {
            text += QStringLiteral("\"%1\",%2,%3,%4,%5\n")
                        .arg(QString(line.name).replace(QLatin1Char('"'), QLatin1String("\"\"")))
                        .arg(token.usedTokens)
                        .arg(token.usedBytes)
                        .arg(token.allocatedBytes)
                        .arg(std::chrono::duration<double, std::milli>(token.time).count());
        }
    }
    return text;
}

}  // namespace loom::ui
