// SPDX-License-Identifier: GPL-3.0-or-later
// InsidePage: empty states, layers, heads, the panel and the words below it.
#include "widgets/inside/inside_page.h"

#include <cmath>

#include <gtest/gtest.h>

#include <QComboBox>
#include <QCoreApplication>
#include <QLabel>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTest>
#include <QToolButton>

#include "tests/widgets/attention_fixture.h"
#include "tests/widgets/look_samples.h"
#include "widgets/common/empty_note.h"
#include "widgets/inside/attention_panel.h"
#include "widgets/inside/attention_view.h"
#include "widgets/inside/cell_details.h"
#include "widgets/inside/head_grid.h"
#include "widgets/inside/look_tabs.h"
#include "widgets/inside/token_line.h"
#include "widgets/inside/weight_legend.h"
#include "widgets/itemmodels/head_switch_model.h"
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

TEST(InsidePage, ScorePartsStandSideBySide) {
    Stage stage;
    stage.fill(12, 2);
    auto* panel = stage.page.panel();
    const auto looks = [&] { return stage.page.shownLooks(); };
    EXPECT_EQ(looks(), std::vector<Look>{Look::Kept});
    auto* choice = panel->findChild<QComboBox*>();
    const auto* items = qobject_cast<QStandardItemModel*>(choice->model());
    EXPECT_FALSE(items->item(3)->isEnabled());
    stage.page.setDecoupled(true);
    EXPECT_TRUE(items->item(3)->isEnabled());
    QSignalSpy changed(&stage.page, &InsidePage::looksChanged);
    stage.view->lock({6, 2});
    panel->setShow(AttentionPanel::Show::SideBySide);
    EXPECT_EQ(changed.count(), 1);
    EXPECT_EQ(looks(), (std::vector<Look>{Look::Kept, Look::Scores}));
    stage.page.setLookBusy(Look::Scores, true);
    EXPECT_TRUE(stage.shows(QStringLiteral("The scores of layer 0 are being computed.")));
    stage.page.setLookAnswer(test::scoresAnswer(2, 12));
    const auto views = panel->findChildren<AttentionView*>();
    ASSERT_EQ(views.size(), 2);
    EXPECT_EQ(stage.view->locked(), (AttentionCell{6, 2}));  // as it was on the map of the weights
    ASSERT_TRUE(views[1]->isVisible());
    QCoreApplication::processEvents();
    // One colour scale for both: the farthest score of either part, the position's −22.
    EXPECT_EQ(panel->findChild<WeightLegend*>()->highText(), QStringLiteral("+22"));
    const QImage content = views[0]->grab().toImage();
    const QImage position = views[1]->grab().toImage();
    const auto at = [](const QImage& image, QPointF point) { return image.pixel((point * image.devicePixelRatio()).toPoint()); };
    EXPECT_LE(std::abs(qRed(at(content, views[0]->cellRect({11, 1}).center())) - qRed(signedColour(11.1 / 22))), 3);
    EXPECT_LE(std::abs(qRed(at(position, views[1]->cellRect({11, 1}).center())) - qRed(signedColour(-20 / 22.0))), 3);
    // A cell of one is the same cell of the other.
    views[1]->lock({6, 3});
    EXPECT_EQ(views[0]->locked(), (AttentionCell{6, 3}));
    views[0]->lock({6, 2});
    EXPECT_EQ(views[1]->locked(), (AttentionCell{6, 2}));
    EXPECT_EQ(stage.details->value(CellDetails::ContentRow), QStringLiteral("6.20"));
    EXPECT_EQ(stage.details->value(CellDetails::PositionRow), QStringLiteral("−8.00"));
    EXPECT_EQ(stage.details->value(CellDetails::ScoreRow), QStringLiteral("−1.80"));
    EXPECT_TRUE(stage.shows(QStringLiteral("weight 0.060, score −1.80 = content 6.20 + position −8.00")));
    stage.page.setHead(1);
    EXPECT_EQ(stage.details->value(CellDetails::ContentRow), QStringLiteral("7.20"));
    panel->setShow(AttentionPanel::Show::Weights);
    EXPECT_FALSE(views[1]->isVisible());
    EXPECT_EQ(stage.details->value(CellDetails::ContentRow), QStringLiteral("7.20"));  // still known
    stage.page.setDecoupled(false);                                                    // another model
    stage.page.forgetLook(Look::Scores);
    EXPECT_TRUE(stage.details->value(CellDetails::ScoreRow).isEmpty());
}

TEST(InsidePage, AveragesOverHeadsAndLayers) {
    Stage stage;
    stage.fill(12, 4);
    auto* panel = stage.page.panel();
    panel->setShow(AttentionPanel::Show::HeadsMean);
    EXPECT_EQ(stage.page.shownLooks(), std::vector<Look>{Look::Kept});  // the weights are here already
    EXPECT_TRUE(stage.shows(QStringLiteral("Layer 0, mean of 4 heads")));
    stage.view->lock({4, 0});
    const float mean =
        (test::peakedWeight(0, 4, 0) + test::peakedWeight(1, 4, 0) + test::peakedWeight(2, 4, 0) + test::peakedWeight(3, 4, 0)) / 4;
    EXPECT_EQ(stage.details->value(CellDetails::WeightRow), weightText(mean));
    stage.heads.appendRow(test::peakedRow(4, 12));
    EXPECT_EQ(stage.view->source().tokens(), 13);
    panel->setShow(AttentionPanel::Show::LayersMean);
    EXPECT_EQ(stage.page.shownLooks(), (std::vector<Look>{Look::Kept, Look::Means}));
    EXPECT_EQ(stage.view->source().tokens(), 0);
    stage.page.setLookNote(Look::Means, QString(), QStringLiteral("No room."));
    EXPECT_TRUE(stage.shows(QStringLiteral("No room.")));
    stage.page.setLookAnswer(test::meansAnswer(12));
    EXPECT_EQ(stage.view->source().tokens(), 12);
    stage.view->lock({4, 0});
    EXPECT_EQ(stage.details->value(CellDetails::WeightRow), QStringLiteral("0.200"));
    stage.page.setHead(2);
    EXPECT_EQ(stage.view->head(), 0);  // there is one map only
    panel->setShow(AttentionPanel::Show::Weights);
    EXPECT_EQ(stage.view->head(), 2);
}

TEST(InsidePage, ArcsLeadFromTheWordToThoseItLooksAtMost) {
    Stage stage;
    stage.page.resize(1400, 900);
    stage.fill(12, 2);
    QCoreApplication::processEvents();
    EXPECT_EQ(stage.line->arcKeys().size(), 6U);
    stage.view->lock({6, 2});
    EXPECT_EQ(stage.line->query(), 6);
    EXPECT_EQ(stage.line->arcKeys().front(), 0);  // head 0 looks at itself, the rest evenly
    stage.page.setHead(1);                        // query 6 at key 0
    EXPECT_EQ(stage.line->query(), 6);            // the cell stays locked
    EXPECT_EQ(stage.line->arcKeys().front(), 0);
    const auto ink = [&] {
        const QImage image = stage.line->viewport()->grab().toImage();
        const QRect word = stage.line->tokenRect(0);
        const QColor ground = stage.line->palette().color(QPalette::Window);
        int painted = 0;
        for (int x = word.center().x() - 2; x < word.center().x() + 30; ++x) {
            for (int y = 0; y < word.top() - 1; ++y) {
                const double ratio = image.devicePixelRatio();
                painted += image.pixelColor(static_cast<int>(x * ratio), static_cast<int>(y * ratio)) != ground ? 1 : 0;
            }
        }
        return painted;
    };
    EXPECT_GT(ink(), 10);
    stage.view->unlock();
    EXPECT_EQ(ink(), 0);
    // Pointing at a word is pointing at its cell.
    const QPointF word = stage.line->tokenRect(3).center();
    QMouseEvent move(QEvent::MouseMove, word, stage.line->viewport()->mapToGlobal(word), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(stage.line->viewport(), &move);
    EXPECT_EQ(stage.view->hovered(), (AttentionCell{11, 3}));
    EXPECT_GT(ink(), 10);
    QTest::keyClick(stage.line, Qt::Key_Left);
    EXPECT_EQ(stage.view->locked(), (AttentionCell{11, 2}));
    EXPECT_TRUE(stage.line->csv().startsWith(QStringLiteral("position,token,weight\n0,\" t0\",")));
}

TEST(InsidePage, RemembersItsParts) {
    Stage stage;
    stage.fill();
    stage.page.looks()->showLook(Look::Lens);
    const QByteArray state = stage.page.splitterState();
    Stage other;
    other.fill();
    other.page.restoreSplitter(QByteArray("nothing of ours"));
    EXPECT_EQ(other.page.looks()->shownLook(), Look::Kept);
    other.page.restoreSplitter(state);
    EXPECT_EQ(other.page.looks()->shownLook(), Look::Lens);
}

TEST(InsidePage, SwitchedOffHeadsAreMarkedInTheGrid) {
    Stage stage;
    stage.fill(12, 4);
    QSignalSpy changed(&stage.page, &InsidePage::looksChanged);
    const QImage before = stage.grid->viewport()->grab().toImage();
    stage.page.switches()->setOff(3, 1, true);  // in another layer
    EXPECT_EQ(stage.grid->viewport()->grab().toImage(), before);
    stage.page.switches()->setOff(0, 1, true);
    EXPECT_EQ(changed.count(), 2);
    EXPECT_NE(stage.grid->viewport()->grab().toImage(), before);
    EXPECT_TRUE(stage.grid->csv().startsWith(QStringLiteral("layer,head,entropy_nats,mean_distance_tokens\n0,0,")));
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
    EXPECT_GT(stage.view->mapRect().width(), 250);
    EXPECT_TRUE(stage.page.rect().contains(QRect(stage.details->mapTo(&stage.page, QPoint()), stage.details->size())));
}
