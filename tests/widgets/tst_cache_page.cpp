// SPDX-License-Identifier: GPL-3.0-or-later
// CachePage: figures equal the formula, the popover compares honestly, the path can be chosen where there is one.
#include "widgets/cache/cache_page.h"

#include <gtest/gtest.h>

#include <QRadioButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "tests/widgets/attention_fixture.h"
#include "tests/widgets/cache_fixture.h"
#include "widgets/cache/bytes_box.h"
#include "widgets/cache/cache_header.h"
#include "widgets/cache/formula_popover.h"
#include "widgets/cache/path_box.h"
#include "widgets/common/byte_bar.h"
#include "widgets/common/empty_note.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/growth_plot.h"

using namespace loom;
using namespace loom::ui;

namespace {

struct Stage {
    StoryModel story;
    CacheModel cache;
    CachePage page{&story, &cache};
    BytesBox* bytes = page.findChild<BytesBox*>();
    PathBox* path = page.findChild<PathBox*>();
    CacheHeader* header = page.findChild<CacheHeader*>();

    Stage() {
        qRegisterMetaType<loom::MlaPath>();
        page.setAttribute(Qt::WA_DontShowOnScreen);
        page.resize(1208, 640);
        page.show();
    }
    void load(const ModelConfig& config, std::int64_t used) {
        const ModelSummary model = test::summaryOf(config);
        const CacheUse use = test::useOf(model.cache, used);
        page.setModel(model);
        cache.setUse(use);
        page.setUse(use);
    }
};

}  // namespace

TEST(CachePage, SaysThatNoModelIsOpen) {
    Stage stage;
    EXPECT_TRUE(stage.page.findChild<EmptyNote*>()->isVisible());
    stage.page.setUse(test::useOf(test::summaryOf(test::jointConfig()).cache, 3));  // too early: ignored
    EXPECT_TRUE(stage.page.findChild<EmptyNote*>()->isVisible());
    stage.load(test::jointConfig(), 3);
    EXPECT_FALSE(stage.page.findChild<EmptyNote*>()->isVisible());
    stage.page.clearModel();
    EXPECT_TRUE(stage.page.findChild<EmptyNote*>()->isVisible());
}

TEST(CachePage, ATwinOnTheDiskIsNamedInsteadOfTheFormula) {
    Stage stage;
    ModelSummary model = test::summaryOf(test::jointConfig());
    model.twin = TwinSummary{"Demo MHA", "/models/demo-mha", test::fullConfig()};
    model.otherForm = cacheSpec(test::fullConfig(), MlaPath::Absorbed, DType::BF16);
    stage.page.setModel(model);
    stage.page.setUse(test::useOf(model.cache, 100));
    EXPECT_EQ(stage.bytes->otherFigure()->text(), QStringLiteral("64,000\u202FB"));  // 2 · 4 · 8 × 5 layers × 2 bytes × 100
    EXPECT_EQ(stage.bytes->sentence(), QStringLiteral("Keeps 128 numbers per token and layer; Demo MHA would keep 64."));
    QTest::mouseClick(stage.bytes->otherFigure(), Qt::LeftButton);
    EXPECT_TRUE(stage.bytes->popover()->verdict().contains(QStringLiteral("twin"))) << stage.bytes->popover()->verdict().toStdString();
    stage.bytes->popover()->hide();
}

TEST(CachePage, FiguresEqualTheFormula) {
    Stage stage;
    stage.load(test::jointConfig(), 212);
    // (96 + 32) numbers × 6 layers × 2 bytes × 212 tokens, and 2 × 256 numbers for full keys and values
    EXPECT_EQ(stage.bytes->cacheFigure()->text(), QStringLiteral("325,632\u202FB"));
    EXPECT_EQ(stage.bytes->otherFigure()->text(), QStringLiteral("1,302,528\u202FB"));
    EXPECT_EQ(stage.bytes->cacheBar()->used(), 325632);
    EXPECT_EQ(stage.bytes->cacheBar()->allocated(), 786432);
    EXPECT_EQ(stage.bytes->cacheBar()->source(), ByteBar::Source::Measured);
    EXPECT_EQ(stage.bytes->otherBar()->source(), ByteBar::Source::Formula);
    EXPECT_EQ(stage.bytes->sentence(), QStringLiteral("Keeps 128 numbers per token and layer instead of 512."));
    EXPECT_EQ(stage.header->positions(), QStringLiteral("212 positions of 512"));
    EXPECT_EQ(stage.page.plot()->cacheBytes(stage.page.plot()->tokens()), 325632);
    // Both bars share one scale.
    const double mine = stage.bytes->cacheBar()->usedRect().width();
    const double theirs = stage.bytes->otherBar()->usedRect().width();
    EXPECT_NEAR(mine / theirs, 0.25, 0.03);
}

TEST(CachePage, FullCacheSaysWhatALatentWouldKeep) {
    Stage stage;
    stage.load(test::fullConfig(), 40);
    EXPECT_EQ(stage.bytes->sentence(), QStringLiteral("Keeps 64 numbers per token and layer; as MLA it would keep 36."));
    EXPECT_FALSE(stage.path->naive()->isEnabled());
    EXPECT_FALSE(stage.path->absorbed()->isEnabled());
    EXPECT_TRUE(stage.path->reason().contains(QStringLiteral("no latent")));
}

TEST(CachePage, PathIsChosenByAPersonOnly) {
    Stage stage;
    QSignalSpy chosen(&stage.page, &CachePage::pathChosen);
    stage.load(test::jointConfig(), 10);
    EXPECT_TRUE(stage.path->absorbed()->isChecked());
    EXPECT_EQ(chosen.count(), 0);
    stage.path->naive()->click();
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen.at(0).at(0).value<MlaPath>(), MlaPath::Naive);
    stage.page.setPathEnabled(false, QStringLiteral("The story is being written."));
    EXPECT_FALSE(stage.path->naive()->isEnabled());
    EXPECT_EQ(stage.path->reason(), QStringLiteral("The story is being written."));
    stage.page.setPathEnabled(true);
    EXPECT_TRUE(stage.path->naive()->isEnabled());
}

TEST(CachePage, FigureOpensItsEquation) {
    Stage stage;
    stage.load(test::jointConfig(), 212);
    FormulaPopover* popover = stage.bytes->popover();
    popover->setAttribute(Qt::WA_DontShowOnScreen);
    stage.bytes->cacheFigure()->click();
    EXPECT_TRUE(popover->isVisible());
    EXPECT_EQ(popover->equation(),
              QStringLiteral(
                  "(96 latent + 32 rotary key) × 6 layers × 2 bytes = 1,536\u202FB per token\n1,536\u202FB × 212 tokens = 325,632\u202FB"));
    EXPECT_TRUE(popover->verdict().contains(QStringLiteral("agree")));
    popover->hide();
    stage.bytes->otherFigure()->click();
    EXPECT_TRUE(popover->equation().contains(QStringLiteral("256 keys + 256 values")));
    EXPECT_TRUE(popover->verdict().contains(QStringLiteral("not a trained model")));
    popover->hide();
}

TEST(CachePage, ValueSwitchReachesTheMap) {
    Stage stage;
    stage.load(test::jointConfig(), 12);
    stage.header->normButton()->click();
    EXPECT_EQ(stage.page.occupancy()->value(), OccupancyView::Value::Norm);
    EXPECT_FALSE(stage.page.grab().isNull());
    stage.header->filledButton()->click();
    EXPECT_EQ(stage.page.occupancy()->value(), OccupancyView::Value::Filled);
}

TEST(FormulaPopover, TellsWhenTensorsDiffer) {
    CacheUse use = test::useOf(test::summaryOf(test::jointConfig()).cache, 100);
    EXPECT_TRUE(cacheFigures(use).agree());
    EXPECT_EQ(cacheFigures(use).usedTensors, use.usedBytes());
    EXPECT_EQ(cacheFigures(use).allocatedTensors, use.bytes);
    use.layers[2].bytes += 512;  // one byte more per position
    const CacheFigures figures = cacheFigures(use);
    EXPECT_FALSE(figures.agree());
    EXPECT_EQ(figures.usedTensors - figures.usedFormula, 100);
    EXPECT_EQ(figures.allocatedTensors - figures.allocatedFormula, 512);
    FormulaPopover popover;
    popover.setUse(use);
    EXPECT_TRUE(popover.verdict().contains(QStringLiteral("differ")));
}

TEST(FormulaPopover, NothingAllocated) {
    CacheUse use;
    use.spec = test::summaryOf(test::jointConfig()).cache;
    EXPECT_EQ(cacheFigures(use).allocatedTensors, 0);
    FormulaPopover popover;
    popover.setUse(use);
    EXPECT_TRUE(popover.verdict().contains(QStringLiteral("Nothing")));
}
