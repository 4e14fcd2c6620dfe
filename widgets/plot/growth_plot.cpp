// SPDX-License-Identifier: GPL-3.0-or-later
// GrowthPlot: two straight lines, labelled at their ends.
#include "widgets/plot/growth_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/plot/byte_ticker.h"

namespace loom::ui {

QString formTitle(CacheForm form) { return form == CacheForm::Latent ? GrowthPlot::tr("MLA") : GrowthPlot::tr("MHA"); }

GrowthPlot::GrowthPlot(QWidget* parent) : PlotFrame(parent), m_plot(plot()) {
    setAccessibleName(tr("Bytes kept against tokens"));
    m_plot->xAxis->setLabel(tr("tokens in the story"));
    m_plot->yAxis->setLabel(tr("bytes kept"));
    m_plot->xAxis->ticker()->setTickCount(5);
    const QSharedPointer<QCPAxisTicker> ticker(new ByteTicker);
    ticker->setTickCount(4);
    m_plot->yAxis->setTicker(ticker);
    m_otherLine = m_plot->addGraph();
    m_cacheLine = m_plot->addGraph();
    m_now = new QCPItemLine(m_plot);
    m_now->setSelectable(false);
    m_cross = new QCPItemLine(m_plot);
    m_cross->setSelectable(false);
    m_dot = new QCPItemTracer(m_plot);
    m_dot->setStyle(QCPItemTracer::tsCircle);
    m_dot->setSize(8);
    m_dot->setInterpolating(true);
    m_otherText = textItem(Qt::AlignRight | Qt::AlignBottom);
    m_cacheText = textItem(Qt::AlignRight | Qt::AlignBottom);
    m_nowText = textItem(Qt::AlignLeft | Qt::AlignTop);
    m_crossText = textItem(Qt::AlignLeft | Qt::AlignTop);
    m_crossText->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_crossText->position->setCoords(0.01, 0.0);
    m_cross->setVisible(false);
    m_crossText->setVisible(false);
    recolour(palette());
    refresh();
    m_dot->setGraph(m_cacheLine);  // only once it has data
}

double GrowthPlot::lastToken() const { return static_cast<double>(std::max<std::int64_t>({m_capacity, m_tokens, 1})); }

void GrowthPlot::setSpecs(const CacheSpec& cache, const CacheSpec& other, std::int64_t capacity, const QString& twin) {
    m_twin = twin;
    m_cache = cache;
    m_other = other;
    m_capacity = std::max<std::int64_t>(capacity, 0);
    recolour(palette());
    refresh();
}

void GrowthPlot::setTokens(std::int64_t tokens) {
    if (tokens == m_tokens) return;
    m_tokens = std::max<std::int64_t>(tokens, 0);
    refresh();
}

void GrowthPlot::clear() {
    m_tokens = 0;
    setSpecs({}, {}, 0);
}

void GrowthPlot::refresh() {
    const double last = lastToken();
    const auto cache = static_cast<double>(m_cache.bytesPerToken());
    const auto other = static_cast<double>(m_other.bytesPerToken());
    m_cacheLine->setData(QVector<double>{0, last}, QVector<double>{0, cache * last}, true);
    m_otherLine->setData(QVector<double>{0, last}, QVector<double>{0, other * last}, true);
    const double top = std::max({cache, other, 1.0}) * last * 1.12;
    m_plot->xAxis->setRange(0, last);
    m_plot->yAxis->setRange(0, top);
    const bool any = m_cache.bytesPerToken() > 0;
    const auto now = static_cast<double>(m_tokens);
    m_now->setVisible(any && m_tokens > 0);
    m_now->start->setCoords(now, 0);
    m_now->end->setCoords(now, top);
    m_dot->setVisible(any && m_tokens > 0);
    m_dot->setGraphKey(now);
    m_nowText->setVisible(any && m_tokens > 0);
    m_nowText->setText(tr("now: %1 tokens").arg(formatCount(m_tokens)));
    m_nowText->setPositionAlignment((now > last * 0.7 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
    m_nowText->position->setCoords(now, top);
    // A label sits on its line, at the place where both lines are far apart.
    const auto place = [&](QCPItemText* text, const QString& words, double perToken, double otherPerToken) {
        text->setVisible(perToken > 0);
        text->setText(words);
        // The lines rise: right-aligned above or left-aligned below, text keeps off its own line. Below only where the other line is near.
        const bool upper = perToken >= otherPerToken;
        const bool below = !upper && perToken > 0.7 * otherPerToken;
        text->setPositionAlignment(below ? Qt::AlignLeft | Qt::AlignTop : Qt::AlignRight | Qt::AlignBottom);
        const double at = last * (below ? 0.6 : upper ? 0.86 : 0.98);
        text->position->setCoords(at, perToken * at);
    };
    place(m_cacheText, m_cache.form == CacheForm::Latent ? tr("this cache, latent") : tr("this cache, keys and values"), cache, other);
    place(m_otherText, m_twin.isEmpty() ? tr("as %1 (formula)").arg(formTitle(m_other.form)) : m_twin, other, cache);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void GrowthPlot::applyColours(const QPalette& palette) {
    const QColor mine = colour(formMeaning(m_cache.form));
    // Both forms full (the naive path): the formula keeps its dash, the colour stays honest.
    const QColor theirs = colour(formMeaning(m_other.form));
    m_cacheLine->setPen(QPen(mine, 2));
    m_otherLine->setPen(QPen(theirs, 1.5, Qt::DashLine));
    m_now->setPen(QPen(mutedText(palette), 1, Qt::DotLine));
    m_cross->setPen(QPen(mutedText(palette), 1));
    m_dot->setPen(QPen(palette.color(QPalette::Window), 1.5));
    m_dot->setBrush(mine);
    m_cacheText->setColor(textColour(formMeaning(m_cache.form), palette));
    m_otherText->setColor(textColour(formMeaning(m_other.form), palette));
    m_nowText->setColor(mutedText(palette));
    m_crossText->setColor(palette.color(QPalette::WindowText));
    m_crossText->setBrush(palette.color(QPalette::Window));
    for (QCPItemText* text : {m_cacheText, m_otherText, m_nowText, m_crossText}) text->setFont(font());
}

void GrowthPlot::readAt(double tokens) {
    const bool inside = m_cache.bytesPerToken() > 0 && tokens >= 0 && tokens <= lastToken();
    m_cross->setVisible(inside);
    m_crossText->setVisible(inside);
    if (inside) {
        const auto at = static_cast<std::int64_t>(std::llround(tokens));
        m_cross->start->setCoords(static_cast<double>(at), 0);
        m_cross->end->setCoords(static_cast<double>(at), m_plot->yAxis->range().upper);
        m_crossText->setText(tr("%1 tokens: this cache %2, %3 %4")
                                 .arg(formatCount(at), formatBytes(cacheBytes(at)),
                                      m_twin.isEmpty() ? tr("as %1").arg(formTitle(m_other.form)) : m_twin, formatBytes(otherBytes(at))));
    }
    m_nowText->setVisible(!inside && m_tokens > 0 && m_cache.bytesPerToken() > 0);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

QString GrowthPlot::figureName() const { return m_cache.bytesPerToken() > 0 ? tr("cache-growth") : QString(); }

QString GrowthPlot::csv() const {
    QString text = QStringLiteral("tokens,this_cache_bytes,other_form_bytes\n");
    const auto last = static_cast<std::int64_t>(lastToken());
    for (std::int64_t at = 0; at <= last; ++at) {
        text += QString::number(at) + u',' + QString::number(cacheBytes(at)) + u',' + QString::number(otherBytes(at)) + u'\n';
    }
    return text;
}

}  // namespace loom::ui
