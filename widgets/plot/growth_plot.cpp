// SPDX-License-Identifier: GPL-3.0-or-later
// GrowthPlot: two straight lines, labelled at their ends.
#include "widgets/plot/growth_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/plot/figure_menu.h"
#include "widgets/plot/plot_theme.h"

namespace loom::ui {

namespace {

/// Tick labels with a unit: "400 kB".
class ByteTicker final : public QCPAxisTicker {
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar, int) override {
        return formatBytes(static_cast<std::int64_t>(std::llround(tick)), locale);
    }
};

QCPItemText* plainText(QCustomPlot* plot, Qt::Alignment alignment) {
    auto* text = new QCPItemText(plot);
    text->setPositionAlignment(alignment);
    text->setSelectable(false);
    text->setPadding(QMargins(4, 2, 4, 2));
    return text;
}

}  // namespace

QString formTitle(CacheForm form) { return form == CacheForm::Latent ? GrowthPlot::tr("MLA") : GrowthPlot::tr("MHA"); }

GrowthPlot::GrowthPlot(QWidget* parent) : QWidget(parent), m_plot(new QCustomPlot(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_plot);
    setAccessibleName(tr("Bytes kept against tokens"));
    m_plot->setContextMenuPolicy(Qt::NoContextMenu);
    m_plot->installEventFilter(this);
    m_plot->setMouseTracking(true);
    m_plot->axisRect()->setAutoMargins(QCP::msLeft | QCP::msBottom | QCP::msTop);
    m_plot->axisRect()->setMinimumMargins(QMargins(0, 4, 0, 0));
    m_plot->axisRect()->setMargins(QMargins(0, 4, 14, 0));
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
    m_otherText = plainText(m_plot, Qt::AlignRight | Qt::AlignBottom);
    m_cacheText = plainText(m_plot, Qt::AlignRight | Qt::AlignBottom);
    m_nowText = plainText(m_plot, Qt::AlignLeft | Qt::AlignTop);
    m_crossText = plainText(m_plot, Qt::AlignLeft | Qt::AlignTop);
    m_crossText->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_crossText->position->setCoords(0.01, 0.0);
    m_cross->setVisible(false);
    m_crossText->setVisible(false);
    applyColours(palette());
    refresh();
    m_dot->setGraph(m_cacheLine);  // only once it has data
}

double GrowthPlot::lastToken() const { return static_cast<double>(std::max<std::int64_t>({m_capacity, m_tokens, 1})); }

void GrowthPlot::setSpecs(const CacheSpec& cache, const CacheSpec& other, std::int64_t capacity) {
    m_cache = cache;
    m_other = other;
    m_capacity = std::max<std::int64_t>(capacity, 0);
    applyColours(palette());
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
    place(m_otherText, tr("as %1 (formula)").arg(formTitle(m_other.form)), other, cache);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void GrowthPlot::applyColours(const QPalette& palette) {
    PlotTheme::apply(*m_plot, palette, font());
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
        m_crossText->setText(tr("%1 tokens: this cache %2, as %3 %4")
                                 .arg(formatCount(at), formatBytes(cacheBytes(at)), formTitle(m_other.form), formatBytes(otherBytes(at))));
    }
    m_nowText->setVisible(!inside && m_tokens > 0 && m_cache.bytesPerToken() > 0);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

bool GrowthPlot::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_plot) {
        switch (event->type()) {
            case QEvent::MouseMove: readAt(m_plot->xAxis->pixelToCoord(static_cast<QMouseEvent*>(event)->position().x())); break;
            case QEvent::Leave: readAt(-1); break;
            case QEvent::MouseButtonRelease:
                if (static_cast<QMouseEvent*>(event)->button() == Qt::RightButton)
                    showMenu(static_cast<QMouseEvent*>(event)->globalPosition().toPoint());
                break;
            case QEvent::Show:
            case QEvent::Resize:
                if (m_plot->bufferDevicePixelRatio() != devicePixelRatioF()) m_plot->setBufferDevicePixelRatio(devicePixelRatioF());
                break;
            default: break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void GrowthPlot::showMenu(QPoint globalPos) {
    if (m_cache.bytesPerToken() == 0) return;
    Figure figure;
    figure.name = tr("cache-growth");
    figure.size = m_plot->size();
    figure.draw = [this](QPainter& painter, const QPalette& colours) { drawFigure(painter, colours); };
    figure.csv = [this] { return csv(); };
    figureMenu(this, figure)->popup(globalPos);
}

void GrowthPlot::drawFigure(QPainter& painter, const QPalette& colours) {
    applyColours(colours);
    QPicture picture;
    {
        QCPPainter recorder(&picture);
        recorder.setMode(QCPPainter::pmVectorized);
        recorder.setMode(QCPPainter::pmNoCaching);
        m_plot->toPainter(&recorder, m_plot->width(), m_plot->height());
    }
    painter.drawPicture(0, 0, picture);
    applyColours(palette());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

QString GrowthPlot::csv() const {
    QString text = QStringLiteral("tokens,this_cache_bytes,other_form_bytes\n");
    const auto last = static_cast<std::int64_t>(lastToken());
    for (std::int64_t at = 0; at <= last; ++at) {
        text += QString::number(at) + u',' + QString::number(cacheBytes(at)) + u',' + QString::number(otherBytes(at)) + u'\n';
    }
    return text;
}

void GrowthPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        applyColours(palette());
        m_plot->replot(QCustomPlot::rpQueuedReplot);
    }
    QWidget::changeEvent(event);
}

}  // namespace loom::ui
