// SPDX-License-Identifier: GPL-3.0-or-later
// InsidePage: empty states, layers, heads, the panel and the words below it.
#include "widgets/inside/inside_page.h"

#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "tests/widgets/attention_fixture.h"
#include "widgets/common/empty_note.h"
#include "widgets/inside/attention_view.h"
#include "widgets/inside/cell_details.h"
#include "widgets/inside/head_grid.h"
#include "widgets/inside/token_line.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"

using namespace loom;
using namespace loom::ui;

namespace {

struct Stage {
    StoryModel story;
    HeadsModel heads;
    InsidePage page{&story, &heads};
    AttentionView* view = page.findChild<AttentionView*>();
    HeadGrid* grid = page.findChild<HeadGrid*>();
    CellDetails* details = page.findChild<CellDetails*>();
    TokenLine* line = page.findChild<TokenLine*>();
    EmptyNote* note = page.findChild<EmptyNote*>();

    Stage() {
        page.resize(1280, 680);
        page.setAttribute(Qt::WA_DontShowOnScreen);
        page.show();
    }
    void fill(int tokens = 12, int headCount = 8) {
        page.setLayers(5, headCount);
        page.setModelLoaded(true);
        story.apply(test::storyOf(tokens));
        heads.setMap(test::peakedMap(headCount, tokens));
    }
    [[nodiscard]] bool shows(const QString& text) const {
        for (const QLabel* label : page.findChildren<QLabel*>()) {
            if (label->text().contains(text)) return true;
        }
        return false;
    }
};

}  // namespace

TEST(InsidePage, SaysWhatIsMissing) {
    Stage stage;
    EXPECT_TRUE(stage.note->isVisible());
    EXPECT_EQ(stage.note->title(), QStringLiteral("No model yet"));
    stage.page.setLayers(5, 8);
    stage.page.setModelLoaded(true);
    EXPECT_EQ(stage.note->title(), QStringLiteral("No story yet"));
    stage.story.apply(test::storyOf(4));
    stage.page.setBusy(true);
    EXPECT_EQ(stage.note->title(), QStringLiteral("Reading the story…"));
    stage.page.setBusy(false);
    stage.heads.setMap(test::peakedMap(8, 4));
    EXPECT_FALSE(stage.note->isVisible());
    EXPECT_TRUE(stage.view->isVisible());
    stage.page.setModelLoaded(false);
    EXPECT_TRUE(stage.note->isVisible());
}

TEST(InsidePage, LayersAreClampedAndReportedOnce) {
    Stage stage;
    stage.fill();
    QSignalSpy changed(&stage.page, &InsidePage::layerChanged);
    stage.page.setLayer(LayerIndex(3));
    stage.page.setLayer(LayerIndex(3));
    EXPECT_EQ(changed.count(), 1);
    stage.page.setLayer(LayerIndex(99));
    EXPECT_EQ(stage.page.layer(), LayerIndex(4));
    stage.page.setLayer(LayerIndex(-1));
    EXPECT_EQ(stage.page.layer(), LayerIndex(0));
    stage.page.setLayer(LayerIndex(4));
    stage.page.setLayers(2, 4);  // a smaller model
    EXPECT_EQ(stage.page.layer(), LayerIndex(1));
}

TEST(InsidePage, GridChoosesTheHead) {
    Stage stage;
    stage.fill();
    const QRect third = stage.grid->headRect(3);
    ASSERT_EQ(stage.grid->headAt(third.center()), 3);
    QTest::mouseClick(stage.grid->viewport(), Qt::LeftButton, {}, third.center());
    EXPECT_EQ(stage.page.head(), 3);
    EXPECT_EQ(stage.view->head(), 3);
    QTest::keyClick(stage.grid, Qt::Key_Left);
    EXPECT_EQ(stage.view->head(), 2);
    QTest::keyClick(stage.grid, Qt::Key_End);
    EXPECT_EQ(stage.view->head(), 7);
    QTest::keyClick(stage.grid, Qt::Key_Right);
    EXPECT_EQ(stage.view->head(), 7);
    for (int a = 0; a < 8; ++a) {
        for (int b = 0; b < a; ++b) EXPECT_FALSE(stage.grid->headRect(a).intersects(stage.grid->headRect(b)));
        EXPECT_TRUE(stage.grid->viewport()->rect().contains(stage.grid->headRect(a))) << a;
    }
}

TEST(InsidePage, ManyHeadsScroll) {
    Stage stage;
    stage.fill(4, 128);
    QTest::keyClick(stage.grid, Qt::Key_End);
    EXPECT_EQ(stage.page.head(), 127);
    EXPECT_TRUE(stage.grid->viewport()->rect().intersects(stage.grid->headRect(127)));
}

TEST(InsidePage, PanelShowsTheLockedCell) {
    Stage stage;
    stage.fill();
    EXPECT_EQ(stage.details->value(CellDetails::QueryRow), QStringLiteral("“·t11” (11)"));  // the newest word at first
    stage.view->lock({6, 2});
    EXPECT_EQ(stage.details->value(CellDetails::QueryRow), QStringLiteral("“·t6” (6)"));
    EXPECT_EQ(stage.details->value(CellDetails::KeyRow), QStringLiteral("“·t2” (2)"));
    EXPECT_EQ(stage.details->value(CellDetails::WeightRow), QStringLiteral("0.060"));
    EXPECT_EQ(stage.details->value(CellDetails::RankRow), QStringLiteral("2 of 7"));
    EXPECT_EQ(stage.details->value(CellDetails::DistanceRow), QStringLiteral("4 tokens"));
    EXPECT_TRUE(stage.shows(QStringLiteral("query “·t6” (6) → key “·t2” (2): weight 0.060")));
    EXPECT_EQ(stage.line->query(), 6);
    stage.view->setHovered({8, 8});
    EXPECT_TRUE(stage.shows(QStringLiteral("query “·t8” (8) → key “·t8” (8): weight 0.640")));
    EXPECT_EQ(stage.details->value(CellDetails::QueryRow), QStringLiteral("“·t6” (6)"));
}

TEST(InsidePage, WordsChooseTheKey) {
    Stage stage;
    stage.fill();
    stage.view->lock({6, 2});
    const QRect word = stage.line->tokenRect(4);
    ASSERT_FALSE(word.isEmpty());
    QTest::mouseClick(stage.line->viewport(), Qt::LeftButton, {}, word.center());
    EXPECT_EQ(stage.view->locked(), (AttentionCell{6, 4}));
    EXPECT_TRUE(stage.line->tokenRect(7).isEmpty());  // the story after the query is not shown
}

TEST(InsidePage, GrowsWhileTheStoryIsWritten) {
    Stage stage;
    stage.fill(3);
    StoryUpdate more;
    TokenStep step;
    step.position = 3;
    step.text = step.label = "%1 odd\n";
    more.appended.push_back(step);
    stage.story.apply(more);
    stage.heads.appendRow(test::peakedRow(8, 3));
    EXPECT_EQ(stage.details->value(CellDetails::QueryRow), QStringLiteral("“%1·odd↵” (3)"));
    EXPECT_EQ(stage.line->query(), 3);
    EXPECT_FALSE(stage.page.grab().isNull());
}

TEST(InsidePage, SmallestWindowShowsEverything) {
    Stage stage;
    stage.page.resize(1208, 600);
    stage.fill(60);
    QCoreApplication::processEvents();  // layout requests
    EXPECT_FALSE(stage.page.grab().isNull());
    EXPECT_GT(stage.view->mapRect().width(), 300);
    EXPECT_TRUE(stage.page.rect().contains(QRect(stage.details->mapTo(&stage.page, QPoint()), stage.details->size())));
}
