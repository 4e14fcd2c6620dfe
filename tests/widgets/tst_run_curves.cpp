// SPDX-License-Identifier: GPL-3.0-or-later
// RunCurves: what is drawn is what was measured; peaks of long runs stay; the pointer reads all runs.
#include "widgets/plot/run_curves.h"

#include <gtest/gtest.h>

#include <qcustomplot.h>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QMouseEvent>

#include "tests/widgets/train_samples.h"
#include "widgets/common/theme.h"

using namespace loom;
using namespace loom::ui;

namespace {

std::shared_ptr<const std::vector<TrainPoint>> points(std::int64_t count) {
    return std::make_shared<const std::vector<TrainPoint>>(test::fallingPoints(count));
}

RunCurve run(const char* name, std::int64_t count, QColor colour = Qt::red) {
    return {QStringLiteral("/runs/") + QString::fromLatin1(name), QString::fromLatin1(name), colour, points(count)};
}

struct Stage {
    RunCurves view;
    QCustomPlot* plot = view.findChild<QCustomPlot*>();
    Stage() { view.resize(600, 300); }
    /// Graphs of the first run: band, every step, smoothed, held out.
    enum Graph { Low, High, Raw, Line, HeldOut };
    QCPGraph* graph(Graph which, int runIndex = 0) const { return plot->graph(runIndex * 5 + which); }
};

}  // namespace

TEST(CurveSeries, QuantitiesAgainstAxes) {
    const std::vector<TrainPoint> all = test::fallingPoints(20);
    const CurveSeries loss = seriesOf(all, CurveQuantity::Loss, CurveAxis::Tokens);
    ASSERT_EQ(loss.x.size(), 20U);
    EXPECT_EQ(loss.x[4], 5000);
    EXPECT_EQ(loss.y[0], 8);
    const CurveSeries speed = seriesOf(all, CurveQuantity::Speed, CurveAxis::Time);
    ASSERT_EQ(speed.x.size(), 19U) << "the first point has none before it";
    EXPECT_NEAR(speed.y[3], 2000, 1e-9);
    EXPECT_EQ(speed.x[0], 1.0);
    const CurveSeries held = validationOf(all, CurveAxis::Step);
    EXPECT_EQ(held.x, (std::vector<double>{10, 20}));
    std::vector<TrainPoint> odd = all;
    odd[3].loss = NAN;
    odd[4].memoryBytes.reset();
    EXPECT_EQ(seriesOf(odd, CurveQuantity::Loss, CurveAxis::Step).x.size(), 19U);
    EXPECT_EQ(seriesOf(odd, CurveQuantity::Memory, CurveAxis::Step).x.size(), 19U);
}

TEST(CurveSeries, TheMovingMeanDoesNotLagAtItsBeginning) {
    EXPECT_EQ(movingMean(std::vector<double>{3, 5, 9}, 0), (std::vector<double>{3, 5, 9}));
    const std::vector<double> means = movingMean(std::vector<double>{8, 4, 4}, 0.5);
    EXPECT_EQ(means[0], 8);
    EXPECT_NEAR(means[1], (0.5 * 8 + 4) / 1.5, 1e-12);
    EXPECT_NEAR(means[2], (0.25 * 8 + 0.5 * 4 + 4) / 1.75, 1e-12);
    EXPECT_NEAR(movingMean(std::vector<double>(500, 2.5), 0.99).back(), 2.5, 1e-12);
}

TEST(CurveSeries, LogarithmicBandsLeaveOutWhatHasNoLogarithm) {
    CurveSeries series{{0, 1, 10, 100}, {9, 1, 2, 3}};
    const std::vector<CurveBand> bands = bandsOf(series, 100, true);
    ASSERT_EQ(bands.size(), 3U);
    EXPECT_NEAR(bands[0].x, 1, 1e-9);
    EXPECT_NEAR(bands[2].x, 100, 1e-6);
}

TEST(RunCurves, ShortRunsAreDrawnStepByStep) {
    Stage s;
    s.view.setSmoothing(0);
    s.view.setRuns({run("a", 50)});
    ASSERT_EQ(s.plot->graphCount(), 5);
    EXPECT_EQ(s.graph(Stage::Raw)->data()->size(), 50);
    EXPECT_EQ(s.graph(Stage::Line)->data()->size(), 50);
    EXPECT_EQ(s.graph(Stage::HeldOut)->data()->size(), 5);
    EXPECT_EQ(s.graph(Stage::Low)->data()->size(), 0);
    EXPECT_EQ((s.graph(Stage::Line)->data()->constEnd() - 1)->value, test::fallingPoints(50).back().loss);
    EXPECT_GE(s.plot->xAxis->range().upper, 50);
    EXPECT_GE(s.plot->yAxis->range().upper, 8);
}

TEST(RunCurves, LongRunsBecomeABandThatKeepsItsPeak) {
    Stage s;
    auto many = test::fallingPoints(100'000);
    many[60'321].loss = 77;
    s.view.setRuns({{QStringLiteral("/a"), QStringLiteral("a"), Qt::blue, std::make_shared<const std::vector<TrainPoint>>(many)}});
    EXPECT_EQ(s.graph(Stage::Raw)->data()->size(), 0);
    EXPECT_LE(s.graph(Stage::High)->data()->size(), 1500);
    EXPECT_GT(s.graph(Stage::High)->data()->size(), 1000);
    double highest = 0;
    for (const QCPGraphData& point : *s.graph(Stage::High)->data()) highest = std::max(highest, point.value);
    EXPECT_EQ(highest, 77);
    EXPECT_EQ(s.graph(Stage::High)->channelFillGraph(), s.graph(Stage::Low));
    s.view.setRuns({run("b", 10)});
    EXPECT_EQ(s.graph(Stage::High)->channelFillGraph(), nullptr);
}

TEST(RunCurves, AMillionPointsAreDrawnInAMoment) {
    Stage s;
    const auto many = points(1'000'000);
    QElapsedTimer timer;
    timer.start();
    s.view.setRuns({{QStringLiteral("/a"), QStringLiteral("a"), Qt::blue, many}});
    EXPECT_FALSE(s.view.grab().isNull());
    EXPECT_LT(timer.elapsed(), 3000) << "milliseconds, on whatever machine";
}

TEST(RunCurves, ThePointerReadsAllRuns) {
    Stage s;
    EXPECT_TRUE(s.view.describe(3).isEmpty());
    s.view.setRuns({run("long", 100), run("short", 10)});
    const QStringList at = s.view.describe(10);
    ASSERT_EQ(at.size(), 3);
    EXPECT_EQ(at[0], QStringLiteral("step 10"));
    EXPECT_TRUE(at[1].startsWith(QStringLiteral("long: 3.897"))) << at[1].toStdString();
    EXPECT_TRUE(at[1].contains(QStringLiteral("held out 3.997"))) << at[1].toStdString();
    EXPECT_TRUE(at[2].startsWith(QStringLiteral("short: 3.897")));
    EXPECT_EQ(s.view.describe(80)[2], QStringLiteral("short: ended before"));
    s.view.setAxis(CurveAxis::Tokens);
    EXPECT_EQ(s.view.describe(10'000)[0], QStringLiteral("10.0\u202Fk tokens"));
    s.view.setQuantity(CurveQuantity::Memory);
    EXPECT_TRUE(s.view.describe(10'000)[1].contains(QStringLiteral("50.0\u202FMB")));
}

TEST(RunCurves, WhatThePointerReadsGoesOnWithTheRun) {
    Stage s;
    s.view.setRuns({run("a", 50)});
    QMouseEvent move(QEvent::MouseMove, QPointF(s.plot->xAxis->coordToPixel(20), 60), QPointF(0, 0), Qt::NoButton, Qt::NoButton, {});
    QCoreApplication::sendEvent(s.plot, &move);
    const auto shown = [&] {
        QStringList texts;
        for (int i = 0; i < s.plot->itemCount(); ++i)
            if (const auto* text = qobject_cast<QCPItemText*>(s.plot->item(i)); text && text->visible()) texts += text->text();
        return texts;
    };
    EXPECT_TRUE(shown().contains(QStringLiteral("step 20"))) << shown().join(u'|').toStdString();
    s.view.setRuns({run("a", 51)});
    EXPECT_TRUE(shown().contains(QStringLiteral("step 20"))) << shown().join(u'|').toStdString();
    QEvent leave(QEvent::Leave);
    QCoreApplication::sendEvent(s.plot, &leave);
    EXPECT_FALSE(shown().contains(QStringLiteral("step 20")));
    EXPECT_TRUE(shown().contains(QStringLiteral("a")));
}

TEST(RunCurves, LogarithmicAxesLeaveNothingOut) {
    Stage s;
    s.view.setRuns({run("a", 500)});
    s.view.setLogarithmic(true, true);
    EXPECT_EQ(s.plot->xAxis->scaleType(), QCPAxis::stLogarithmic);
    EXPECT_EQ(s.plot->yAxis->scaleType(), QCPAxis::stLogarithmic);
    EXPECT_LE(s.plot->xAxis->range().lower, 1);
    EXPECT_GE(s.plot->xAxis->range().upper, 500);
    EXPECT_FALSE(s.view.grab().isNull());
    s.view.setQuantity(CurveQuantity::Speed);
    EXPECT_EQ(s.plot->yAxis->scaleType(), QCPAxis::stLinear) << "a speed has no use for it";
    for (const CurveAxis axis : {CurveAxis::Tokens, CurveAxis::Time}) {
        s.view.setAxis(axis);
        EXPECT_FALSE(s.view.grab().isNull());
    }
}

TEST(RunCurves, GhostsStandBehindTheLossOnly) {
    Stage s;
    s.view.setGhosts({{QStringLiteral("Demo MLA"), {{45, 90'000, 6.9, {}}, {90, 180'000, 4.8, 5.0}}},
                      {QStringLiteral("Demo MHA"), {{45, 90'000, 6.8, {}}, {90, 180'000, 4.7, 4.9}}}});
    EXPECT_EQ(s.plot->graphCount(), 0) << "nothing to compare with yet";
    s.view.setRuns({run("a", 50)});
    EXPECT_EQ(s.plot->graphCount(), 7);
    EXPECT_LE(s.plot->xAxis->range().upper, 60) << "the run decides what is in view";
    s.view.setAxis(CurveAxis::Time);
    EXPECT_EQ(s.plot->graphCount(), 5) << "how long they took elsewhere says nothing here";
    s.view.setAxis(CurveAxis::Step);
    s.view.setQuantity(CurveQuantity::GradientNorm);
    EXPECT_EQ(s.plot->graphCount(), 5);
}

TEST(RunCurves, CsvHasALineForEveryStepOfEveryRun) {
    Stage s;
    s.view.setRuns({run("a, \"b\"", 3), run("c", 2)});
    const QStringList lines = s.view.csv().trimmed().split(u'\n');
    ASSERT_EQ(lines.size(), 6);
    EXPECT_TRUE(lines[1].startsWith(QStringLiteral("\"a, \"\"b\"\"\",1,1000,0.5,8,,0.001,1,50000000")));
}

TEST(RunCurves, ColoursFollowThePalette) {
    Stage s;
    s.view.setRuns({run("a", 30, colour(Meaning::Latent))});
    EXPECT_EQ(s.graph(Stage::Line)->pen().color(), colour(Meaning::Latent));
    s.view.setPalette(darkPalette());
    const QRgb dark = s.view.grab().toImage().pixel(1, 1);
    EXPECT_EQ(dark, darkPalette().color(QPalette::Window).rgb());
    QImage image(600, 300, QImage::Format_RGB32);
    image.fill(Qt::black);
    QPainter painter(&image);
    s.view.drawFigure(painter, lightPalette());
    painter.end();
    EXPECT_EQ(image.pixel(1, 1), lightPalette().color(QPalette::Window).rgb());
}
