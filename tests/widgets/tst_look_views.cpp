// SPDX-License-Identifier: GPL-3.0-or-later
// The views below the heads: values in; pictures, sentences, signals and files out.
#include <cmath>

#include <gtest/gtest.h>

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

#include "tests/widgets/attention_fixture.h"
#include "tests/widgets/look_samples.h"
#include "tests/widgets/pixels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/inside/colour_map.h"
#include "widgets/inside/heat_delegate.h"
#include "widgets/inside/latents_view.h"
#include "widgets/inside/lens_view.h"
#include "widgets/inside/look_tabs.h"
#include "widgets/inside/rows_view.h"
#include "widgets/inside/table_figure.h"
#include "widgets/inside/weight_legend.h"
#include "widgets/inside/without_view.h"
#include "widgets/itemmodels/head_switch_model.h"
#include "widgets/itemmodels/heat_role.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/spectrum_plot.h"

using namespace loom;
using namespace loom::ui;

namespace {

struct Stage {
    StoryModel story;
    LookTabs tabs{&story};

    explicit Stage(QSize size = {900, 320}) {
        story.apply(test::storyOf(3));
        tabs.resize(size);
        tabs.setAttribute(Qt::WA_DontShowOnScreen);
        tabs.show();
        tabs.switches()->setShape(3, 4);
    }
    LookFrame* show(const std::shared_ptr<const LookAnswer>& answer) {
        tabs.showLook(answer->question.look);
        LookFrame* frame = tabs.frame(answer->question.look);
        frame->setAnswer(answer);
        return frame;
    }
};

QImage pictureOf(QWidget* widget) { return widget->grab().toImage().convertToFormat(QImage::Format_RGB32); }

using test::near;
using test::pixelAt;

}  // namespace

TEST(LookFrame, SaysWhatIsMissingWhatIsDoneAndWhatItCost) {
    Stage stage;
    LookFrame* frame = stage.tabs.frame(Look::Kept);
    frame->showNote(QStringLiteral("Not yet"), QStringLiteral("Soon."));
    EXPECT_EQ(frame->note(), QStringLiteral("Not yet"));
    QSignalSpy stopped(&stage.tabs, &LookTabs::stopRequested);
    auto* stop = frame->findChild<QToolButton*>();
    for (QToolButton* button : frame->findChildren<QToolButton*>()) {
        if (button->text() == QStringLiteral("Stop")) stop = button;
    }
    EXPECT_FALSE(stop->isVisible());
    frame->setBusy(true);
    EXPECT_EQ(frame->note(), QStringLiteral("Reading the story…"));
    ASSERT_TRUE(stop->isVisible());
    QTest::mouseClick(stop, Qt::LeftButton);
    ASSERT_EQ(stopped.count(), 1);
    frame->setAnswer(test::keptAnswer(3));
    EXPECT_TRUE(frame->note().isEmpty());
    EXPECT_TRUE(frame->cost().startsWith(QStringLiteral("3 tokens, read by the reference path in ")));
    EXPECT_FALSE(stop->isVisible());
    frame->setBusy(true);  // the picture stays while it is computed again
    EXPECT_TRUE(frame->note().isEmpty());
    frame->setAnswer(test::lensAnswer(2, 3));  // an answer to something else
    EXPECT_FALSE(frame->hasAnswer());
}

TEST(LatentsView, CellsHaveTheColourOfTheirNumber) {
    Stage stage;
    LookFrame* frame = stage.show(test::keptAnswer(3));
    auto* rows = frame->findChild<RowsView*>();
    ASSERT_EQ(rows->tokens(), 3);
    ASSERT_EQ(rows->channels(), 3);
    EXPECT_FLOAT_EQ(rows->limit(), 3);
    const QImage image = pictureOf(rows);
    for (int token = 0; token < 3; ++token) {
        const double share = std::sqrt((token + 1) / 3.0);
        EXPECT_TRUE(near(pixelAt(image, rows->cellRect({token, 0}).center()), signedColour(share))) << token;
        EXPECT_TRUE(near(pixelAt(image, rows->cellRect({token, 1}).center()), signedColour(-share))) << token;
        EXPECT_TRUE(near(pixelAt(image, rows->cellRect({token, 2}).center()), signedColour(0))) << token;
    }
    auto* lanes = frame->findChild<QComboBox*>();
    ASSERT_EQ(lanes->count(), 2);
    EXPECT_EQ(lanes->itemText(0), QStringLiteral("latent c_KV, 3 numbers a word"));
    lanes->setCurrentIndex(1);
    EXPECT_EQ(rows->channels(), 1);
    EXPECT_EQ(frame->findChild<WeightLegend*>()->highText(), QStringLiteral("0.5 (square-root scale)"));
    frame->setAnswer(test::keptAnswer(2));
    EXPECT_EQ(lanes->currentIndex(), 1);  // the lane stays chosen
}

TEST(LatentsView, PointerAndKeyboardReadACell) {
    Stage stage;
    LookFrame* frame = stage.show(test::keptAnswer(3));
    auto* rows = frame->findChild<RowsView*>();
    rows->setHovered(rows->cellAt(rows->cellRect({1, 1}).center()));
    EXPECT_EQ(frame->status(), QStringLiteral("“·t1” (1), channel 1 of 3: -2.0000"));
    rows->setHovered({});
    QTest::mouseClick(rows, Qt::LeftButton, {}, rows->cellRect({2, 0}).center().toPoint());
    EXPECT_EQ(rows->locked(), (KeptCell{2, 0}));
    QTest::keyClick(rows, Qt::Key_Right);
    EXPECT_EQ(rows->locked(), (KeptCell{2, 0}));  // there is nothing further right
    QTest::keyClick(rows, Qt::Key_Down);
    QTest::keyClick(rows, Qt::Key_Left);
    EXPECT_EQ(rows->locked(), (KeptCell{1, 1}));
    QTest::keyClick(rows, Qt::Key_Escape);
    EXPECT_FALSE(rows->locked().isValid());
    EXPECT_FALSE(rows->cellAt({-3, -3}).isValid());
    rows->lock({1, 1});
    frame->setAnswer(nullptr);
    EXPECT_FALSE(rows->locked().isValid());
}

TEST(LatentsView, MoreChannelsThanPixelsShowTheFarthest) {
    StoryModel story;
    RowsView rows(&story);
    rows.resize(300, 100);
    auto numbers = std::make_shared<std::vector<float>>(4 * 4096, 0.25F);
    (*numbers)[2 * 4096 + 4095] = -1;  // the last channel of token 2
    rows.setRows(numbers, numbers.get(), 4096);
    const QImage image = pictureOf(&rows);
    const QRectF map = rows.mapRect();
    const double x = rows.cellRect({2, 0}).center().x();
    EXPECT_TRUE(near(pixelAt(image, {x, map.bottom() - 0.5}), signedColour(-1)));
    EXPECT_TRUE(near(pixelAt(image, {x, map.top() + 2}), signedColour(0.5)));
    rows.setRows(numbers, numbers.get(), 1000);  // does not divide
    EXPECT_EQ(rows.tokens(), 0);
    EXPECT_FALSE(pictureOf(&rows).isNull());
}

TEST(SpectrumView, EnergyAndRank) {
    EXPECT_EQ(valuesHolding({3, 1, 0}, 0.9), 1);  // 9 of 10
    EXPECT_EQ(valuesHolding({3, 1, 0}, 0.95), 2);
    EXPECT_EQ(valuesHolding({1, 1, 1, 1}, 1), 4);
    EXPECT_EQ(valuesHolding({0, 0}, 0.9), 0);
    EXPECT_DOUBLE_EQ(shareOfFirst({3, 1, 0}, 1), 0.9);
    Stage stage;
    LookFrame* frame = stage.show(test::spectraAnswer());
    auto* plot = frame->findChild<SpectrumPlot*>();
    EXPECT_EQ(plot->marked(), 1);
    const auto choices = frame->findChildren<QComboBox*>();
    choices[1]->setCurrentIndex(1);  // 95 %
    EXPECT_EQ(plot->marked(), 2);
    QTest::keyClick(plot, Qt::Key_Home);
    EXPECT_EQ(frame->status(), QStringLiteral("value 1 of 3: 3; the first 1 hold %1 of the energy").arg(formatPercent(0.9)));
    QTest::keyClick(plot, Qt::Key_Escape);
    EXPECT_NE(frame->status(), plot->describe(0));
    EXPECT_EQ(choices[0]->itemText(1), QStringLiteral("up-projection of keys, head 1"));
    choices[0]->setCurrentIndex(1);
    EXPECT_EQ(plot->marked(), 2);
    EXPECT_EQ(plot->csv(), QStringLiteral("index,singular_value,energy_of_the_first\n1,2,0.5\n2,2,1\n"));
    frame->setAnswer(nullptr);
    EXPECT_EQ(plot->marked(), 0);
    EXPECT_FALSE(pictureOf(plot).isNull());
}

TEST(LensView, CellsAreColouredByProbability) {
    Stage stage;
    LookFrame* frame = stage.show(test::lensAnswer(4, 3));
    auto* table = frame->findChild<QTableView*>();
    const QImage image = pictureOf(table->viewport());
    for (int row = 0; row < 4; ++row) {
        const QRect cell = table->visualRect(table->model()->index(row, 1));
        ASSERT_FALSE(cell.isEmpty());
        const QRgb painted = pixelAt(image, QPointF(cell.right() - 4, cell.top() + 3));
        EXPECT_TRUE(near(painted, mapColour(ColourMapKind::Cividis, static_cast<double>(test::lensShare(row, 1)))))
            << row << std::hex << painted;
    }
    stage.tabs.setColourMap(ColourMapKind::Viridis);
    const QRect cell = table->visualRect(table->model()->index(3, 2));
    EXPECT_TRUE(near(pixelAt(pictureOf(table->viewport()), QPointF(cell.right() - 4, cell.top() + 3)),
                     mapColour(ColourMapKind::Viridis, static_cast<double>(test::lensShare(3, 2)))));
    table->setCurrentIndex(table->model()->index(2, 1));
    EXPECT_TRUE(frame->status().startsWith(QStringLiteral("after “·t1” (1), layer 1: “·w21”")));
}

TEST(HeatDelegate, InkCanBeReadOnEveryColour) {
    for (int i = 0; i <= 100; ++i) {
        for (const QRgb ground :
             {mapColour(ColourMapKind::Cividis, i / 100.0), mapColour(ColourMapKind::Viridis, i / 100.0), signedColour(i / 50.0 - 1)})
            EXPECT_GE(contrast(inkOn(ground), QColor(ground)), 4.5) << i;
    }
}

TEST(ForgottenView, TableAndFigureHoldTheSameColours) {
    Stage stage;
    LookFrame* frame = stage.show(test::forgottenAnswer());
    auto* table = frame->findChild<QTableView*>();
    ASSERT_EQ(table->model()->rowCount(), 4);
    const Figure figure = tableFigure(table, QStringLiteral("lost"), ColourMapKind::Cividis);
    ASSERT_FALSE(figure.size.isEmpty());
    const QImage picture = figurePicture(figure);
    const int left = table->verticalHeader()->width();
    const int top = table->horizontalHeader()->height();
    const QPointF cell(left + table->columnWidth(0) + 3, top + 2 * table->rowHeight(0) + 3);  // head 1, keys at rank 4
    EXPECT_TRUE(near(picture.pixel((cell * 2).toPoint()), mapColour(ColourMapKind::Cividis, 0.5)));
    const QTemporaryDir folder;
    EXPECT_EQ(saveFigureSvg(figure, folder.filePath(QStringLiteral("a.svg"))), QString());
    EXPECT_EQ(saveFigureCsv(figure, folder.filePath(QStringLiteral("a.csv"))), QString());
}

TEST(WithoutView, HeadsGoOffAndComeBack) {
    Stage stage;
    auto* view = stage.tabs.findChild<WithoutView*>();
    stage.tabs.showLook(Look::Without);
    stage.tabs.setCurrentHead(1, 2);
    const auto button = [&](const QString& text) -> QPushButton* {
        for (QPushButton* each : view->findChildren<QPushButton*>()) {
            if (each->text() == text) return each;
        }
        return nullptr;
    };
    QSignalSpy changed(stage.tabs.switches(), &HeadSwitchModel::offChanged);
    ASSERT_NE(button(QStringLiteral("Switch off layer 1, head 2")), nullptr);
    QTest::mouseClick(button(QStringLiteral("Switch off layer 1, head 2")), Qt::LeftButton);
    EXPECT_EQ(changed.count(), 1);
    EXPECT_TRUE(stage.tabs.switches()->isOff(1, 2));
    EXPECT_NE(button(QStringLiteral("Switch on layer 1, head 2")), nullptr);
    auto* grid = view->findChildren<QTableView*>().first();
    for (QTableView* table : view->findChildren<QTableView*>()) {
        if (table->model() == stage.tabs.switches()) grid = table;
    }
    grid->setFocus();
    grid->setCurrentIndex(stage.tabs.switches()->index(0, 3));
    QTest::keyClick(grid, Qt::Key_Space);
    EXPECT_TRUE(stage.tabs.switches()->isOff(0, 3));
    view->undoStack()->undo();
    EXPECT_FALSE(stage.tabs.switches()->isOff(0, 3));
    QTest::mouseClick(button(QStringLiteral("All on")), Qt::LeftButton);
    EXPECT_TRUE(stage.tabs.switches()->off().empty());
    EXPECT_FALSE(button(QStringLiteral("All on"))->isEnabled());
    view->setAnswer(test::withoutAnswer());
    EXPECT_EQ(view->summary(),
              QStringLiteral("After the last word the prediction moves by KL 0.250 nats, over the story by 0.250 on average, "
                             "most after “·t1” (1) by 0.500."));
    view->setAnswer(nullptr);
    EXPECT_TRUE(view->summary().isEmpty());
}

TEST(LookTabs, EveryTabHasItsLookAndFitsTheSmallestWindow) {
    Stage stage({1200, 230});
    QSignalSpy shown(&stage.tabs, &LookTabs::shownChanged);
    ASSERT_EQ(stage.tabs.count(), 5);
    for (const auto& answer :
         {test::keptAnswer(3), test::spectraAnswer(), test::forgottenAnswer(), test::lensAnswer(4, 3), test::withoutAnswer()}) {
        stage.show(answer);
        EXPECT_EQ(stage.tabs.shownLook(), answer->question.look);
        EXPECT_FALSE(stage.tabs.tabToolTip(stage.tabs.currentIndex()).isEmpty());
        EXPECT_LE(stage.tabs.minimumSizeHint().height(), 230);
        EXPECT_FALSE(pictureOf(&stage.tabs).isNull());
    }
    EXPECT_EQ(shown.count(), 4);
    EXPECT_EQ(stage.tabs.frame(Look::Scores), nullptr);
}
