// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/loss_bytes_plot.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <qcustomplot.h>

#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/plot/byte_ticker.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {

LossBytesPlot::LossBytesPlot(QWidget* parent)
    : PlotFrame(parent), m_reportedFront(plot()->addGraph()), m_measuredFront(plot()->addGraph()) {
    setAccessibleName(tr("Loss against bytes per token"));
    plot()->xAxis->setLabel(tr("bytes a token by formula, 16 bits"));
    plot()->yAxis->setLabel(tr("loss, nats"));
    const QSharedPointer<QCPAxisTicker> ticker(new ByteTicker);
    ticker->setTickCount(4);
    plot()->xAxis->setTicker(ticker);
    m_text = textItem(Qt::AlignRight | Qt::AlignTop);
    m_text->setTextAlignment(Qt::AlignRight);
    m_text->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_text->position->setCoords(1.0, 0.0);
    recolour(palette());
    setPoints({});
}

std::vector<LossPoint> LossBytesPlot::front(const std::vector<LossPoint>& points, bool reported) {
    std::vector<LossPoint> sorted;
    for (const LossPoint& point : points) {
        if (point.reported == reported) sorted.push_back(point);
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const LossPoint& a, const LossPoint& b) { return std::tie(a.bytes, a.loss) < std::tie(b.bytes, b.loss); });
    std::vector<LossPoint> front;
    for (const LossPoint& point : sorted) {
        if (front.empty() || point.loss < front.back().loss) front.push_back(point);
    }
    return front;
}

void LossBytesPlot::setPoints(std::vector<LossPoint> points) {
    for (QCPGraph* dot : m_dots) plot()->removeGraph(dot);
    for (QCPItemText* label : m_labels) plot()->removeItem(label);
    m_dots.clear();
    m_labels.clear();
    m_points = std::move(points);
    double right = 1, low = 1e9, high = 0;
    for (const LossPoint& point : m_points) {
        QCPGraph* dot = plot()->addGraph();
        dot->setLineStyle(QCPGraph::lsNone);
        dot->addData(static_cast<double>(point.bytes), point.loss);
        m_dots.push_back(dot);
        QCPItemText* label = textItem(Qt::AlignRight | Qt::AlignBottom);
        label->setText(point.name);
        label->setClipToAxisRect(false);
        label->position->setCoords(static_cast<double>(point.bytes), point.loss);
        m_labels.push_back(label);
        right = std::max(right, static_cast<double>(point.bytes));
        low = std::min(low, point.loss);
        high = std::max(high, point.loss);
    }
    const auto draw = [this](QCPGraph* line, bool reported) {
        QVector<double> x, y;
        for (const LossPoint& point : front(m_points, reported)) {
            x.append(static_cast<double>(point.bytes));
            y.append(point.loss);
        }
        line->setData(x, y, true);
    };
    draw(m_reportedFront, true);
    draw(m_measuredFront, false);
    const double room = std::max(0.02, (high - low) * 0.25);
    for (std::size_t i = 0; i < m_points.size(); ++i) {  // away from the nearer edge
        const bool left = static_cast<double>(m_points[i].bytes) < 0.4 * right;
        m_labels[i]->setPositionAlignment((left ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignBottom);
    }
    plot()->xAxis->setRange(0, right * 1.06);
    plot()->yAxis->setRange(m_points.empty() ? 0 : low - room, m_points.empty() ? 1 : high + 1.6 * room);
    recolour(palette());
    readAt(-1);
}

void LossBytesPlot::applyColours(const QPalette& palette) {
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const Meaning meaning = formMeaning(m_points[i].form);
        const QColor ink = colour(meaning);
        // Reported is hollow, measured is solid.
        m_dots[i]->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(ink, 1.5),
                                                   m_points[i].reported ? QBrush(palette.color(QPalette::Window)) : QBrush(ink), 8));
        m_labels[i]->setColor(textColour(meaning, palette));
        m_labels[i]->setFont(font());
    }
    m_reportedFront->setPen(QPen(mutedText(palette), 1, Qt::DotLine));
    m_measuredFront->setPen(QPen(mutedText(palette), 1.2));
    m_text->setColor(mutedText(palette));
    m_text->setFont(font());
}

void LossBytesPlot::readAt(double bytes) {
    QString words;
    if (bytes >= 0 && !m_points.empty()) {
        const auto near = std::min_element(m_points.begin(), m_points.end(), [bytes](const LossPoint& a, const LossPoint& b) {
            return std::abs(static_cast<double>(a.bytes) - bytes) < std::abs(static_cast<double>(b.bytes) - bytes);
        });
        QStringList same;
        for (const LossPoint& point : m_points) {
            if (point.bytes == near->bytes) same.append(tr("%1: %2").arg(point.name, QLocale().toString(point.loss, 'f', 3)));
        }
        words = tr("%1 a token: %2").arg(formatBytesExact(near->bytes), same.join(QStringLiteral(" · ")));
    }
    m_text->setVisible(!words.isEmpty());
    m_text->setText(words);
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

QString LossBytesPlot::figureName() const { return m_points.empty() ? QString() : tr("loss-by-bytes"); }

QString LossBytesPlot::csv() const {
    QString text = QStringLiteral("network,source,bytes_per_token,loss\n");
    for (const LossPoint& point : m_points) {
        text += QStringLiteral("%1,%2,%3,%4\n")
                    .arg(csvField(point.name), point.reported ? QStringLiteral("reported") : QStringLiteral("measured"))
                    .arg(point.bytes)
                    .arg(point.loss);
    }
    return text;
}

}  // namespace loom::ui
