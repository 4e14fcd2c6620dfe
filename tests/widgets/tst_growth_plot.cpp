// SPDX-License-Identifier: GPL-3.0-or-later
// GrowthPlot: the lines are the formula, to the byte; colours follow the palette.
#include "widgets/plot/growth_plot.h"

#include <gtest/gtest.h>

#include <qcustomplot.h>

#include "tests/widgets/cache_fixture.h"
#include "widgets/common/theme.h"

using namespace loom;
using namespace loom::ui;

namespace {

struct Stage {
    GrowthPlot view;
    QCustomPlot* plot = view.findChild<QCustomPlot*>();
    Stage() { view.resize(500, 260); }
};

}  // namespace

TEST(GrowthPlot, LinesAreTheFormulas) {
    Stage stage;
    const ModelSummary model = test::summaryOf(test::jointConfig());
    stage.view.setSpecs(model.cache, model.otherForm, 512);
    stage.view.setTokens(212);
    EXPECT_EQ(stage.view.cacheBytes(212), 325632);
    EXPECT_EQ(stage.view.otherBytes(212), 1302528);
    ASSERT_EQ(stage.plot->graphCount(), 2);
    for (int i = 0; i < 2; ++i) {
        const auto last = stage.plot->graph(i)->data()->constEnd() - 1;
        EXPECT_EQ(last->key, 512);
        EXPECT_EQ(last->value, static_cast<double>(i == 0 ? stage.view.otherBytes(512) : stage.view.cacheBytes(512)));
        EXPECT_LE(last->value, stage.plot->yAxis->range().upper);
    }
    EXPECT_EQ(stage.plot->graph(0)->pen().style(), Qt::DashLine);  // the formula
    EXPECT_EQ(stage.plot->graph(1)->pen().style(), Qt::SolidLine);
    EXPECT_EQ(stage.plot->graph(1)->pen().color(), colour(Meaning::Latent));
    EXPECT_EQ(stage.plot->graph(0)->pen().color(), colour(Meaning::FullCache));
    EXPECT_FALSE(stage.plot->xAxis->label().isEmpty());
    EXPECT_FALSE(stage.plot->yAxis->label().isEmpty());
}

TEST(GrowthPlot, MarkerFollowsTheTokensAndMayPassTheCapacity) {
    Stage stage;
    const ModelSummary model = test::summaryOf(test::fullConfig(), DType::F32);
    stage.view.setSpecs(model.cache, model.otherForm, 100);
    stage.view.setTokens(130);
    EXPECT_GE(stage.plot->xAxis->range().upper, 130);
    stage.view.setTokens(-4);
    EXPECT_EQ(stage.view.tokens(), 0);
}

TEST(GrowthPlot, CsvHasALinePerToken) {
    Stage stage;
    const ModelSummary model = test::summaryOf(test::jointConfig());
    stage.view.setSpecs(model.cache, model.otherForm, 4);
    const QStringList lines = stage.view.csv().trimmed().split(u'\n');
    ASSERT_EQ(lines.size(), 6);
    EXPECT_EQ(lines.at(2), QStringLiteral("1,1536,6144"));
}

TEST(GrowthPlot, ColoursFollowThePalette) {
    Stage stage;
    stage.view.setPalette(darkPalette());
    const QRgb dark = stage.view.grab().toImage().pixel(2, 2);
    stage.view.setPalette(lightPalette());
    const QRgb light = stage.view.grab().toImage().pixel(2, 2);
    EXPECT_NE(dark, light);
    EXPECT_EQ(light, lightPalette().color(QPalette::Window).rgb());
}

TEST(GrowthPlot, ExportIsLightAndLeavesTheViewAlone) {
    Stage stage;
    stage.view.setPalette(darkPalette());
    const ModelSummary model = test::summaryOf(test::jointConfig());
    stage.view.setSpecs(model.cache, model.otherForm, 512);
    QImage image(500, 260, QImage::Format_RGB32);
    image.fill(Qt::black);
    QPainter painter(&image);
    stage.view.drawFigure(painter, lightPalette());
    painter.end();
    EXPECT_EQ(image.pixel(2, 2), lightPalette().color(QPalette::Window).rgb());
    EXPECT_EQ(stage.view.grab().toImage().pixel(2, 2), darkPalette().color(QPalette::Window).rgb());
}

TEST(GrowthPlot, EmptyDrawsWithoutComplaint) {
    Stage stage;
    EXPECT_FALSE(stage.view.grab().isNull());
    stage.view.clear();
    EXPECT_EQ(stage.view.cacheBytes(100), 0);
    EXPECT_FALSE(stage.view.grab().isNull());
}
