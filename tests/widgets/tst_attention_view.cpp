// SPDX-License-Identifier: GPL-3.0-or-later
// AttentionView: painted colours, hatching, hit tests, keyboard and lock.
#include "widgets/inside/attention_view.h"

#include <cmath>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include <QApplication>
#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "tests/widgets/attention_fixture.h"
#include "tests/widgets/pixels.h"
#include "widgets/common/theme.h"
#include "widgets/inside/cell_image.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/figure_menu.h"

using namespace loom;
using namespace loom::ui;

namespace {

struct Stage {
    StoryModel story;
    HeadsModel heads;
    AttentionView view{&story, &heads};

    Stage(int tokens, QSize size, int headCount = 2) {
        if (tokens > 0) story.apply(test::storyOf(tokens));
        if (tokens > 0) heads.setMap(test::peakedMap(headCount, tokens));
        view.resize(size);
    }
    QImage picture() { return view.grab().toImage().convertToFormat(QImage::Format_RGB32); }
};

using test::near;
using test::pixelAt;

}  // namespace

TEST(AttentionView, PaintsNothingWithoutAStory) {
    Stage stage(0, {400, 300});
    EXPECT_FALSE(stage.picture().isNull());
    EXPECT_FALSE(stage.view.cellAt({200, 150}).isValid());
    EXPECT_FALSE(stage.view.shown().isValid());
    QTest::keyClick(&stage.view, Qt::Key_Left);
    EXPECT_FALSE(stage.view.locked().isValid());
    EXPECT_EQ(stage.view.csv(), QStringLiteral("query,query_token,key,key_token,weight\n"));
}

TEST(AttentionView, CellsHaveTheColourOfTheirWeight) {
    Stage stage(12, {600, 560});
    stage.view.setHead(1);
    for (const ColourMapKind kind : {ColourMapKind::Cividis, ColourMapKind::Viridis}) {
        stage.view.setColourMap(kind);
        const QImage image = stage.picture();
        for (int q = 0; q < 12; ++q) {
            for (int k = 0; k <= q; ++k) {
                const QRgb painted = pixelAt(image, stage.view.cellRect({q, k}).center());
                EXPECT_TRUE(near(painted, weightColour(kind, static_cast<double>(test::peakedWeight(1, q, k)))))
                    << q << ' ' << k << ' ' << std::hex << painted;
            }
        }
    }
}

TEST(AttentionView, AboveTheDiagonalIsHatchedAndNeverTheColourOfZero) {
    Stage stage(12, {600, 560});
    const QImage image = stage.picture();
    const QRgb zero = weightColour(ColourMapKind::Cividis, 0);
    const QRectF map = stage.view.mapRect();
    const QRectF corner(map.center().x() + 20, map.top() + 2, map.width() / 2 - 24, map.height() / 2 - 24);
    std::set<QRgb> inks;
    const double ratio = image.devicePixelRatio();
    for (int y = static_cast<int>(corner.top() * ratio); y < corner.bottom() * ratio; ++y) {
        for (int x = static_cast<int>(corner.left() * ratio); x < corner.right() * ratio; ++x) {
            if (y / ratio - map.top() < x / ratio - map.left()) inks.insert(image.pixel(x, y));
        }
    }
    EXPECT_EQ(inks.size(), 2U);  // ground and lines
    EXPECT_EQ(inks.count(zero), 0U);
}

TEST(AttentionView, HitTestFindsEveryCellAtEverySize) {
    for (const auto& [tokens, size] : {std::tuple{1, QSize(300, 300)}, std::tuple{7, QSize(321, 277)}, std::tuple{24, QSize(700, 650)},
                                       std::tuple{150, QSize(640, 480)}, std::tuple{90, QSize(1200, 900)}}) {
        Stage stage(tokens, size);
        for (int q = 0; q < tokens; q += 1 + tokens / 20) {
            for (int k = 0; k <= q; k += 1 + tokens / 20) {
                const AttentionCell cell{q, k};
                EXPECT_EQ(stage.view.cellAt(stage.view.cellRect(cell).center()), cell) << tokens << ": " << q << ' ' << k;
            }
        }
        const QRectF map = stage.view.mapRect();
        EXPECT_TRUE(QRectF(stage.view.rect()).contains(map)) << tokens;
        EXPECT_FALSE(stage.view.cellAt(map.topLeft() - QPointF(2, 2)).isValid());
        EXPECT_FALSE(stage.view.cellAt(map.bottomRight() + QPointF(2, 2)).isValid());
        if (tokens > 2) {
            EXPECT_FALSE(stage.view.cellAt(map.topRight() + QPointF(-2, 2)).isValid());
        }
    }
}

TEST(AttentionView, MoreTokensThanPixels) {
    Stage stage(400, {300, 260});
    const QRectF map = stage.view.mapRect();
    EXPECT_LT(map.width(), 300);
    const AttentionCell last = stage.view.cellAt(map.bottomRight() - QPointF(0.5, 0.5));
    EXPECT_GT(last.query, 390);
    EXPECT_TRUE(last.isValid());
    EXPECT_FALSE(stage.picture().isNull());
}

TEST(AttentionView, LabelsKeepTheirDistance) {
    Stage few(8, {600, 560});
    EXPECT_EQ(few.view.labelStep(), 1);
    Stage many(200, {600, 560});
    EXPECT_GT(many.view.labelStep(), 1);
    EXPECT_GE(many.view.labelStep() * many.view.mapRect().width() / 200, 12);
}

TEST(AttentionView, ClickLocksAndAgainUnlocks) {
    Stage stage(10, {500, 480});
    QSignalSpy changed(&stage.view, &AttentionView::cellChanged);
    const AttentionCell cell{6, 2};
    const QPoint point = stage.view.cellRect(cell).center().toPoint();
    QTest::mouseClick(&stage.view, Qt::LeftButton, {}, point);
    EXPECT_EQ(stage.view.locked(), cell);
    EXPECT_EQ(stage.view.shown(), cell);
    EXPECT_GE(changed.count(), 1);
    const QImage ringed = stage.picture();
    const QRectF rect = stage.view.cellRect(cell);
    EXPECT_EQ(pixelAt(ringed, {rect.center().x(), rect.top() - 1}), accent(stage.view.palette()).rgb());
    QTest::mouseClick(&stage.view, Qt::LeftButton, {}, point);
    EXPECT_FALSE(stage.view.locked().isValid());
    // A click above the diagonal locks nothing.
    QTest::mouseClick(&stage.view, Qt::LeftButton, {}, stage.view.mapRect().topRight().toPoint() + QPoint(-3, 3));
    EXPECT_FALSE(stage.view.locked().isValid());
}

TEST(AttentionView, KeyboardMovesTheCellAndStaysInTheTriangle) {
    Stage stage(10, {500, 480});
    stage.view.lock({5, 5});
    QTest::keyClick(&stage.view, Qt::Key_Right);  // no key after the query
    EXPECT_EQ(stage.view.locked(), (AttentionCell{5, 5}));
    QTest::keyClick(&stage.view, Qt::Key_Up);
    EXPECT_EQ(stage.view.locked(), (AttentionCell{4, 4}));
    QTest::keyClick(&stage.view, Qt::Key_Left);
    QTest::keyClick(&stage.view, Qt::Key_Down);
    EXPECT_EQ(stage.view.locked(), (AttentionCell{5, 3}));
    QTest::keyClick(&stage.view, Qt::Key_Home);
    EXPECT_EQ(stage.view.locked(), (AttentionCell{5, 0}));
    QTest::keyClick(&stage.view, Qt::Key_Left);
    EXPECT_EQ(stage.view.locked(), (AttentionCell{5, 0}));
    QTest::keyClick(&stage.view, Qt::Key_PageDown);
    EXPECT_EQ(stage.view.locked(), (AttentionCell{9, 0}));
    QTest::keyClick(&stage.view, Qt::Key_End);
    EXPECT_EQ(stage.view.locked(), (AttentionCell{9, 9}));
    QTest::keyClick(&stage.view, Qt::Key_Escape);
    EXPECT_FALSE(stage.view.locked().isValid());
}

TEST(AttentionView, KeyboardWithoutALockStartsAtTheNewestWord) {
    Stage stage(10, {500, 480});
    QTest::keyClick(&stage.view, Qt::Key_Up);
    EXPECT_EQ(stage.view.hovered(), (AttentionCell{9, 9}));  // head 0 looks most at itself
    QTest::keyClick(&stage.view, Qt::Key_Up);
    QTest::keyClick(&stage.view, Qt::Key_Return);
    EXPECT_EQ(stage.view.locked(), (AttentionCell{8, 8}));
}

TEST(AttentionView, LockSurvivesGrowthAndGoesWithItsWord) {
    Stage stage(6, {500, 480});
    stage.view.lock({5, 1});
    stage.heads.appendRow(test::peakedRow(2, 6));
    EXPECT_EQ(stage.view.locked(), (AttentionCell{5, 1}));
    EXPECT_EQ(stage.view.cellAt(stage.view.cellRect({6, 3}).center()), (AttentionCell{6, 3}));
    stage.heads.truncate(4);
    EXPECT_FALSE(stage.view.locked().isValid());
    stage.view.lock({20, 3});
    EXPECT_FALSE(stage.view.locked().isValid());
}

TEST(AttentionView, CsvHoldsTheTriangle) {
    Stage stage(3, {400, 400});
    const QStringList lines = stage.view.csv().trimmed().split(u'\n');
    ASSERT_EQ(lines.size(), 1 + 6);
    EXPECT_EQ(lines.at(1), QStringLiteral("0,\" t0\",0,\" t0\",1"));
}

TEST(AttentionView, ExportsPicturesAndRefusesAFolderThatIsNotThere) {
    Stage stage(9, {400, 400});
    Figure figure;
    figure.name = QStringLiteral("head");
    figure.size = stage.view.size();
    figure.draw = [&](QPainter& painter, const QPalette& colours) { stage.view.drawFigure(painter, colours); };
    figure.csv = [&] { return stage.view.csv(); };
    const QTemporaryDir folder;
    EXPECT_EQ(saveFigurePng(figure, folder.filePath(QStringLiteral("a.png"))), QString());
    EXPECT_EQ(saveFigureSvg(figure, folder.filePath(QStringLiteral("a.svg"))), QString());
    EXPECT_EQ(saveFigureCsv(figure, folder.filePath(QStringLiteral("a.csv"))), QString());
    const QImage picture(folder.filePath(QStringLiteral("a.png")));
    ASSERT_EQ(picture.size(), QSize(800, 800));
    const QPointF cell = stage.view.cellRect({8, 8}).center() * 2;
    EXPECT_TRUE(near(picture.pixel(cell.toPoint()), weightColour(ColourMapKind::Cividis, 0.64)));
    EXPECT_NE(saveFigureCsv(figure, folder.filePath(QStringLiteral("none/a.csv"))), QString());
}

TEST(CellImage, EdgesAreWholePixels) {
    EXPECT_EQ(cellEdges(3, 10, false), (std::vector<int>{0, 3, 6, 9}));
    EXPECT_EQ(cellEdges(3, 10, true), (std::vector<int>{0, 3, 7, 10}));
    EXPECT_EQ(cellEdges(0, 10, true), std::vector<int>{0});
    EXPECT_EQ(cellEdges(4, 2, false).back(), 4);
}
