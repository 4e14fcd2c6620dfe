// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot/run_curves.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <utility>

#include <qcustomplot.h>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/common/time_format.h"
#include "widgets/plot/figure_menu.h"

namespace loom::ui {
namespace {

constexpr std::size_t kMostDrawn = 1500;  ///< stretches of a curve: about a pixel each
constexpr double kDecades = 1.3;          ///< from here on a logarithmic axis gets ticks of powers of ten

/// A ticker with labels of ours.
template <class Base>
class LabelTicker final : public Base {
public:
    explicit LabelTicker(std::function<QString(double)> label) : m_label(std::move(label)) {}

protected:
    QString getTickLabel(double tick, const QLocale&, QChar, int) override { return m_label(tick); }

private:
    std::function<QString(double)> m_label;
};

QString countTick(double value) { return formatShortCount(static_cast<std::int64_t>(std::llround(value))); }

/// Index of the point next to x; x ascending and not empty.
std::size_t nearest(std::span<const double> x, double at) {
    const auto after = std::lower_bound(x.begin(), x.end(), at);
    if (after == x.begin()) return 0;
    if (after == x.end()) return x.size() - 1;
    const auto index = static_cast<std::size_t>(after - x.begin());
    return at - x[index - 1] < x[index] - at ? index - 1 : index;
}

/// The colour of a line as text on the window's colour.
QColor readable(QColor colour, const QPalette& palette) {
    const bool dark = isDark(palette);
    for (int i = 0; i < 12 && contrast(colour, palette.color(QPalette::Active, QPalette::Window)) < 4.5; ++i)
        colour = dark ? colour.lighter(112) : colour.darker(112);
    return colour;
}

QVector<double> vectorOf(const std::vector<double>& values) { return {values.begin(), values.end()}; }

}  // namespace

/// What belongs to one run.
struct RunCurves::Drawn {
    QCPGraph *low, *high;  ///< ends of the band
    QCPGraph *raw, *line, *heldOut;
    CurveSeries series, validation;
    std::vector<double> smooth;
    bool banded = false;
};

RunCurves::RunCurves(QWidget* parent) : PlotFrame(parent) {
    setAccessibleName(tr("Curves of training runs"));
    m_cross = new QCPItemLine(plot());
    m_cross->setSelectable(false);
    plot()->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    rebuild();
    readAt(-1);
    recolour(palette());
}

RunCurves::~RunCurves() = default;

QString RunCurves::title(CurveQuantity quantity) {
    switch (quantity) {
        case CurveQuantity::Loss: return tr("loss, nats per token");
        case CurveQuantity::LearningRate: return tr("learning rate");
        case CurveQuantity::GradientNorm: return tr("norm of the gradient");
        case CurveQuantity::Speed: return tr("tokens per second");
        case CurveQuantity::Memory: return tr("memory");
        case CurveQuantity::ExpertLoad: return tr("busiest expert, 1 = all alike");
    }
    return {};
}

void RunCurves::setQuantity(CurveQuantity quantity) {
    if (quantity == m_quantity) return;
    m_quantity = quantity;
    m_moved = false;
    rebuild();
}

void RunCurves::setAxis(CurveAxis axis) {
    if (axis == m_axis) return;
    m_axis = axis;
    m_pointed = -1;
    m_moved = false;
    rebuild();
}

void RunCurves::setLogarithmic(bool x, bool y) {
    if (x == m_logX && y == m_logY) return;
    m_logX = x;
    m_logY = y;
    m_moved = false;
    rebuild();
}

void RunCurves::setSmoothing(double amount) {
    if (amount == m_smoothing) return;
    m_smoothing = amount;
    rebuild();
}

void RunCurves::setRuns(std::vector<RunCurve> runs) {
    const bool same = runs.size() == m_runs.size() && std::equal(runs.begin(), runs.end(), m_runs.begin(),
                                                                 [](const RunCurve& a, const RunCurve& b) { return a.id == b.id; });
    m_runs = std::move(runs);
    if (!same) m_moved = false;
    rebuild();
}

void RunCurves::setGhosts(std::vector<GhostCurve> ghosts) {
    m_ghosts = std::move(ghosts);
    rebuild();
}

void RunCurves::resetView() {
    m_moved = false;
    fit();
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

bool RunCurves::showsGhosts() const {
    return m_quantity == CurveQuantity::Loss && m_axis != CurveAxis::Time && !m_ghosts.empty() && !m_runs.empty();
}

void RunCurves::rebuildGhosts() {
    for (QCPGraph* line : m_ghostLines) plot()->removeGraph(line);
    m_ghostLines.clear();
    if (!showsGhosts()) return;
    for (const GhostCurve& ghost : m_ghosts) {
        QCPGraph* line = plot()->addGraph();
        QVector<double> x, y;
        for (const CurvePoint& p : ghost.curve) {
            if (!p.loss) continue;
            x.push_back(static_cast<double>(m_axis == CurveAxis::Step ? p.step : p.tokens));
            y.push_back(*p.loss);
        }
        line->setLayer(QStringLiteral("grid"));  // behind the runs
        line->setData(x, y, true);
        m_ghostLines.push_back(line);
    }
}

void RunCurves::rebuild() {
    while (m_drawn.size() > m_runs.size()) {
        for (QCPGraph* graph : {m_drawn.back().raw, m_drawn.back().high, m_drawn.back().low, m_drawn.back().line, m_drawn.back().heldOut})
            plot()->removeGraph(graph);
        m_drawn.pop_back();
    }
    rebuildGhosts();
    while (m_drawn.size() < m_runs.size()) {
        Drawn drawn{};
        for (QCPGraph** graph : {&drawn.low, &drawn.high, &drawn.raw, &drawn.line, &drawn.heldOut}) *graph = plot()->addGraph();
        m_drawn.push_back(std::move(drawn));
    }
    for (std::size_t i = 0; i < m_runs.size(); ++i) {
        Drawn& d = m_drawn[i];
        const std::span<const TrainPoint> points =
            m_runs[i].points ? std::span<const TrainPoint>(*m_runs[i].points) : std::span<const TrainPoint>();
        d.series = seriesOf(points, m_quantity, m_axis);
        d.validation = m_quantity == CurveQuantity::Loss ? validationOf(points, m_axis) : CurveSeries{};
        d.smooth = movingMean(d.series.y, m_quantity == CurveQuantity::LearningRate ? 0.0 : m_smoothing);
        d.banded = d.series.x.size() > kMostDrawn;
        const std::vector<CurveBand> line = bandsOf({d.series.x, d.smooth}, kMostDrawn, m_logX);
        QVector<double> x, low, high, mean;
        for (const CurveBand& band : line) {
            x.push_back(band.x);
            mean.push_back(band.mean);
        }
        d.line->setData(x, mean, true);
        x.clear();
        for (const CurveBand& band : bandsOf(d.series, kMostDrawn, m_logX)) {
            x.push_back(band.x);
            low.push_back(band.low);
            high.push_back(band.high);
        }
        const QVector<double> none;
        d.raw->setData(d.banded ? none : x, d.banded ? none : low, true);
        d.low->setData(d.banded ? x : none, d.banded ? low : none, true);
        d.high->setData(d.banded ? x : none, d.banded ? high : none, true);
        d.heldOut->setData(vectorOf(d.validation.x), vectorOf(d.validation.y), true);
    }
    fit();
    recolour(palette());
    readAt(m_pointed);  // what is read goes on with the run
}

void RunCurves::fit() {
    QCPAxis* xAxis = plot()->xAxis;
    QCPAxis* yAxis = plot()->yAxis;
    const bool logY = m_logY && m_quantity != CurveQuantity::Speed && m_quantity != CurveQuantity::Memory;
    xAxis->setScaleType(m_logX ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    yAxis->setScaleType(logY ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    double left = HUGE_VAL, right = 0, low = HUGE_VAL, high = -HUGE_VAL;
    const auto takeY = [&](double value) {
        if (logY && value <= 0) return;
        low = std::min(low, value);
        high = std::max(high, value);
    };
    for (const Drawn& d : m_drawn) {
        for (const double x : {d.series.x.empty() ? 0.0 : d.series.x.front(), d.series.x.empty() ? 0.0 : d.series.x.back()}) {
            if (x > 0) left = std::min(left, x);
            right = std::max(right, x);
        }
        for (const double y : d.series.y) takeY(y);
        for (const double y : d.validation.y) takeY(y);
    }
    if (!(right > 0)) right = 1;
    if (!(low <= high)) {
        low = logY ? 0.1 : 0;
        high = 1;
    }
    if (!m_moved) {
        xAxis->setRange(m_logX ? std::min(left, right / 2) : 0, m_logX ? right * 1.1 : right * 1.02);
        if (logY) {
            yAxis->setRange(low / 1.05, high * 1.05);
        } else {
            const bool fromZero = m_quantity != CurveQuantity::Loss;
            const double margin = std::max(0.06 * (high - (fromZero ? 0 : low)), 1e-9);
            yAxis->setRange(fromZero ? 0 : low - margin, high + margin);
        }
    }
    // Ticks.
    const auto valueTick = [this](double value) { return formatValue(value); };
    const bool decades = logY && std::log10(yAxis->range().upper / yAxis->range().lower) > kDecades;
    QSharedPointer<QCPAxisTicker> yTicker(decades ? static_cast<QCPAxisTicker*>(new LabelTicker<QCPAxisTickerLog>(valueTick))
                                                  : new LabelTicker<QCPAxisTicker>(valueTick));
    yTicker->setTickCount(4);
    yAxis->setTicker(yTicker);
    QSharedPointer<QCPAxisTicker> xTicker;
    if (m_logX) {
        xTicker.reset(new LabelTicker<QCPAxisTickerLog>([this](double value) { return formatPosition(value); }));
    } else if (m_axis == CurveAxis::Time) {
        auto* time = new QCPAxisTickerTime;
        time->setTimeFormat(right >= 3600 ? QStringLiteral("%h:%m:%s") : QStringLiteral("%m:%s"));
        xTicker.reset(time);
    } else {
        xTicker.reset(new LabelTicker<QCPAxisTicker>(countTick));
    }
    xTicker->setTickCount(5);
    xAxis->setTicker(xTicker);
    xAxis->setLabel(m_axis == CurveAxis::Step     ? tr("training step")
                    : m_axis == CurveAxis::Tokens ? tr("tokens seen")
                    : right >= 3600 && !m_logX    ? tr("time, h:min:s")
                    : m_logX                      ? tr("time")
                                                  : tr("time, min:s"));
    yAxis->setLabel(title(m_quantity));
}

QString RunCurves::formatPosition(double x) const {
    if (m_axis == CurveAxis::Time) return formatDuration(x);
    return m_axis == CurveAxis::Step ? formatCount(std::llround(x)) : formatShortCount(std::llround(x));
}

QString RunCurves::formatValue(double value) const {
    switch (m_quantity) {
        case CurveQuantity::Loss: return QLocale().toString(value, 'f', 2);
        case CurveQuantity::LearningRate: return QLocale().toString(value, 'g', 3);
        case CurveQuantity::GradientNorm: return QLocale().toString(value, 'g', 3);
        case CurveQuantity::Speed: return formatShortCount(std::llround(value));
        case CurveQuantity::ExpertLoad: return QLocale().toString(value, 'f', 2);
        case CurveQuantity::Memory: return formatBytes(std::llround(value));
    }
    return {};
}

QStringList RunCurves::describe(double x) const {
    QStringList lines;
    for (std::size_t i = 0; i < m_drawn.size(); ++i) {
        const Drawn& d = m_drawn[i];
        if (d.series.x.empty()) {
            lines += tr("%1: nothing yet").arg(m_runs[i].name);
            continue;
        }
        if (m_drawn.size() > 1 && x > d.series.x.back() * 1.02) {
            lines += tr("%1: ended before").arg(m_runs[i].name);
            continue;
        }
        const std::size_t at = nearest(d.series.x, x);
        QString line = m_quantity == CurveQuantity::Loss || m_quantity == CurveQuantity::GradientNorm
                           ? tr("%1: %2, smoothed %3")
                                 .arg(m_runs[i].name, QLocale().toString(d.series.y[at], 'f', 3), QLocale().toString(d.smooth[at], 'f', 3))
                           : tr("%1: %2").arg(m_runs[i].name, formatValue(d.series.y[at]));
        if (!d.validation.x.empty()) {
            const double held = d.validation.y[nearest(d.validation.x, x)];
            line += tr(", held out %1").arg(QLocale().toString(held, 'f', 3));
        }
        lines += line;
    }
    if (!lines.isEmpty())
        lines.prepend(m_axis == CurveAxis::Step     ? tr("step %1").arg(formatPosition(x))
                      : m_axis == CurveAxis::Tokens ? tr("%1 tokens").arg(formatPosition(x))
                                                    : tr("after %1").arg(formatPosition(x)));
    return lines;
}

void RunCurves::placeLabels(const QStringList& lines) {
    while (std::ssize(m_labels) < lines.size()) {
        QCPItemText* label = textItem(Qt::AlignRight | Qt::AlignTop);
        label->setPadding(QMargins(6, 1, 6, 1));
        if (m_labels.empty()) {
            label->position->setType(QCPItemPosition::ptAxisRectRatio);
            label->position->setCoords(0.995, 0.0);
        } else {
            label->position->setType(QCPItemPosition::ptAbsolute);
            label->position->setParentAnchor(m_labels.back()->bottomRight);
            label->position->setCoords(0, 0);
        }
        m_labels.push_back(label);
    }
    for (std::size_t i = 0; i < m_labels.size(); ++i) {
        const bool used = static_cast<qsizetype>(i) < lines.size();
        m_labels[i]->setVisible(used);
        m_labels[i]->setText(used ? lines.at(static_cast<qsizetype>(i)) : QString());  // an empty one takes no room
    }
}

void RunCurves::readAt(double x) {
    m_pointed = x;
    const bool any = std::any_of(m_drawn.begin(), m_drawn.end(), [](const Drawn& d) { return !d.series.x.empty(); });
    const bool reads = x >= 0 && any;
    m_cross->setVisible(reads);
    QStringList lines;
    if (reads) {
        m_cross->start->setCoords(x, plot()->yAxis->range().lower);
        m_cross->end->setCoords(x, plot()->yAxis->range().upper);
        lines = describe(x);
    } else if (m_runs.size() > 1 || (m_quantity == CurveQuantity::Loss && !m_runs.empty())) {
        lines += m_quantity == CurveQuantity::Loss && any ? tr("line: training, smoothed · points: held-out stories") : QString();
        for (const RunCurve& run : m_runs) lines += run.name;
        QStringList ghosts;
        for (const GhostCurve& ghost : m_ghosts) ghosts += ghost.name;
        if (showsGhosts()) lines += tr("grey, to compare: %1").arg(ghosts.join(tr(", ")));
    }
    placeLabels(lines);
    applyColours(palette());
    if (reads && m_axis == CurveAxis::Step) emit stepPointed(std::llround(x));
    if (!reads) emit stepPointed(-1);
    plot()->replot(QCustomPlot::rpQueuedReplot);
}

void RunCurves::applyColours(const QPalette& palette) {
    for (std::size_t i = 0; i < m_drawn.size(); ++i) {
        const Drawn& d = m_drawn[i];
        const QColor colour = m_runs[i].colour;
        QColor faint = colour;
        faint.setAlphaF(0.30F);
        QColor fill = colour;
        fill.setAlphaF(0.18F);
        d.raw->setPen(QPen(faint, 1));
        d.low->setPen(Qt::NoPen);
        d.high->setPen(Qt::NoPen);
        d.high->setChannelFillGraph(d.banded ? d.low : nullptr);
        d.high->setBrush(d.banded ? QBrush(fill) : QBrush(Qt::NoBrush));
        d.line->setPen(QPen(colour, 1.6));
        QCPScatterStyle points(QCPScatterStyle::ssCircle, 6);
        points.setPen(QPen(palette.color(QPalette::Window), 1));
        points.setBrush(colour);
        d.heldOut->setScatterStyle(points);
        d.heldOut->setPen(QPen(colour, 1, Qt::DotLine));
    }
    QColor grey = mutedText(palette);
    grey.setAlphaF(0.55F);
    QColor wash = mutedText(palette);
    wash.setAlphaF(0.12F);
    for (std::size_t i = 0; i < m_ghostLines.size(); ++i) {
        m_ghostLines[i]->setPen(QPen(grey, 1));
        const bool band = i > 0;
        m_ghostLines[i]->setChannelFillGraph(band ? m_ghostLines[0] : nullptr);
        m_ghostLines[i]->setBrush(band ? QBrush(wash) : QBrush(Qt::NoBrush));
    }
    m_cross->setPen(QPen(mutedText(palette), 1));
    QColor veil = palette.color(QPalette::Window);
    veil.setAlphaF(0.8F);
    for (std::size_t i = 0; i < m_labels.size(); ++i) {
        m_labels[i]->setFont(font());
        m_labels[i]->setBrush(veil);
        m_labels[i]->setColor(i == 0 || i > m_runs.size() ? mutedText(palette) : readable(m_runs[i - 1].colour, palette));
    }
}

bool RunCurves::eventFilter(QObject* watched, QEvent* event) {
    if (watched == plot()) {
        const auto* mouse = event->type() == QEvent::MouseMove ? static_cast<QMouseEvent*>(event) : nullptr;
        if (event->type() == QEvent::Wheel || (mouse && mouse->buttons().testFlag(Qt::LeftButton))) m_moved = true;
        if (event->type() == QEvent::MouseButtonDblClick) resetView();
    }
    return PlotFrame::eventFilter(watched, event);
}

QString RunCurves::figureName() const { return m_runs.empty() ? QString() : tr("training-curves"); }

QString RunCurves::csv() const {
    QString text = QStringLiteral("run,step,tokens,seconds,loss,validation_loss,learning_rate,gradient_norm,memory_bytes,expert_load\n");
    for (const RunCurve& run : m_runs) {
        if (!run.points) continue;
        const QString name = csvField(run.name);
        for (const TrainPoint& p : *run.points) {
            text += name + u',' + QString::number(p.step) + u',' + QString::number(p.tokens) + u',' + QString::number(p.seconds) + u',' +
                    QString::number(p.loss, 'g', 9) + u',' + (p.validationLoss ? QString::number(*p.validationLoss, 'g', 9) : QString()) +
                    u',' + QString::number(p.learningRate, 'g', 9) + u',' + QString::number(p.gradientNorm, 'g', 9) + u',' +
                    (p.memoryBytes ? QString::number(*p.memoryBytes) : QString()) + u',' +
                    (p.expertLoad ? QString::number(*p.expertLoad, 'g', 6) : QString()) + u'\n';
        }
    }
    return text;
}

}  // namespace loom::ui
