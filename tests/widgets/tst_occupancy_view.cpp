// SPDX-License-Identifier: GPL-3.0-or-later
// OccupancyView: colours of filled and free cells, norms, hit tests, keyboard, words.
#include "widgets/cache/occupancy_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include <QImage>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include "tests/widgets/attention_fixture.h"
#include "tests/widgets/cache_fixture.h"
#include "widgets/common/lane_colour.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/story_model.h"

using namespace loom;
using namespace loom::ui;

namespace {

struct Stage {
    StoryModel story;
    CacheModel cache;
    OccupancyView view{&story, &cache};

    explicit Stage(QSize size = {900, 340}) {
        view.setAttribute(Qt::WA_DontShowOnScreen);
        view.resize(size);
        view.show();
    }
    void fill(const ModelConfig& config, int used, int capacity = 64) {
        story.apply(test::storyOf(used));
        cache.setUse(test::useOf(cacheSpec(config, MlaPath::Absorbed, DType::BF16), used, capacity));
    }
    void norms(int position, float value) {
        cache.setNorms(position, std::vector<float>(static_cast<std::size_t>(cache.rowCount()), value));
    }
    QImage picture() { return view.viewport()->grab().toImage().convertToFormat(QImage::Format_RGB32); }
    QRgb at(OccupancyCell cell) {
        const QImage image = picture();
        const QPointF point = view.cellRect(cell).center() * image.devicePixelRatio();
        return image.pixel(static_cast<int>(point.x()), static_cast<int>(point.y()));
    }
    std::set<QRgb> inks(const QRectF& area) {
        const QImage image = picture();
        std::set<QRgb> colours;
        const double ratio = image.devicePixelRatio();
        for (int y = static_cast<int>((area.top() + 1) * ratio) + 1; y < (area.bottom() - 1) * ratio; ++y) {
            for (int x = static_cast<int>((area.left() + 1) * ratio) + 1; x < (area.right() - 1) * ratio; ++x)
                colours.insert(image.pixel(x, y));
        }
        return colours;
    }
};

}  // namespace

TEST(OccupancyView, EmptyIsQuiet) {
    Stage stage;
    EXPECT_FALSE(stage.picture().isNull());
    EXPECT_FALSE(stage.view.cellAt({100, 50}).isValid());
    EXPECT_TRUE(stage.view.describe({0, 0}).isEmpty());
    QTest::keyClick(&stage.view, Qt::Key_Right);
    EXPECT_FALSE(stage.view.cell().isValid());
}

TEST(OccupancyView, LanesHaveTheirColourAndFreeCapacityIsHatched) {
    Stage stage;
    stage.fill(test::jointConfig(), 20);
    EXPECT_EQ(stage.at({0, 5}), colour(Meaning::Latent).rgb());
    EXPECT_EQ(stage.at({1, 5}), colour(Meaning::RotaryKey).rgb());
    EXPECT_EQ(stage.at({10, 19}), colour(Meaning::Latent).rgb());
    const QRectF lane = stage.view.laneRect(0);
    const double from = stage.view.cellRect({0, 20}).left();
    const auto free = stage.inks(QRectF(from + 2, lane.top(), lane.right() - from - 4, lane.height()));
    EXPECT_EQ(free.size(), 2U);
    EXPECT_EQ(free.count(colour(Meaning::Latent).rgb()), 0U);
    EXPECT_GT(stage.view.laneRect(0).height(), stage.view.laneRect(1).height());  // the latent is the taller lane
}

TEST(OccupancyView, FullCacheUsesTwoTonesOfOrange) {
    Stage stage;
    stage.fill(test::fullConfig(), 20);
    EXPECT_EQ(stage.at({0, 3}), laneColour(CacheLane::Keys).rgb());
    EXPECT_EQ(stage.at({1, 3}), laneColour(CacheLane::Values).rgb());
    EXPECT_NE(laneColour(CacheLane::Keys), laneColour(CacheLane::Values));
    EXPECT_EQ(laneColour(CacheLane::Keys).hsvHue(), laneColour(CacheLane::Values).hsvHue());
}

TEST(OccupancyView, NormsShadeAndUnknownIsHatched) {
    Stage stage;
    stage.fill(test::jointConfig(), 20);
    stage.norms(2, 1);
    stage.norms(3, 5);
    stage.view.setValue(OccupancyView::Value::Norm);
    EXPECT_EQ(stage.at({0, 3}), laneColour(CacheLane::Latent).rgb());
    EXPECT_EQ(stage.at({0, 2}), normColour(CacheLane::Latent, 1, {1, 5}, stage.view.palette()).rgb());
    EXPECT_NE(stage.at({0, 2}), stage.at({0, 3}));
    EXPECT_EQ(stage.inks(stage.view.cellRect({0, 3}).adjusted(0, 0, -1, 0)).size(), 1U);
    EXPECT_EQ(stage.inks(stage.view.cellRect({0, 8}).adjusted(0, 0, -1, 0)).size(), 2U);
}

TEST(OccupancyView, HitTestFindsEveryCell) {
    for (const QSize size : {QSize(400, 200), QSize(901, 333), QSize(1500, 700)}) {
        Stage stage(size);
        stage.fill(test::jointConfig(), 30, 64);
        for (int row = 0; row < stage.cache.rowCount(); ++row) {
            for (int position = 0; position < 64; position += 3) {
                const OccupancyCell cell{row, position};
                EXPECT_EQ(stage.view.cellAt(stage.view.cellRect(cell).center()), cell) << row << ' ' << position;
            }
        }
        EXPECT_FALSE(stage.view.cellAt({2, 5}).isValid());
        const QRectF lane = stage.view.laneRect(1);
        EXPECT_FALSE(stage.view.cellAt({lane.center().x(), lane.bottom() + 2}).isValid());
    }
}

TEST(OccupancyView, DescribesACell) {
    Stage stage;
    stage.fill(test::jointConfig(), 20);
    stage.norms(7, 1.42F);
    EXPECT_EQ(stage.view.describe({6, 7}), QStringLiteral("layer 3, position 7 “·t7”: latent norm 1.42, 192\u202FB"));
    EXPECT_EQ(stage.view.describe({7, 6}), QStringLiteral("layer 3, position 6 “·t6”: rotary key, norm not known, 64\u202FB"));
    EXPECT_TRUE(stage.view.describe({0, 40}).contains(QStringLiteral("free")));
    EXPECT_TRUE(stage.view.describe({99, 0}).isEmpty());
    EXPECT_TRUE(stage.view.describe({0, 64}).isEmpty());
}

TEST(OccupancyView, KeyboardMovesAndStaysInside) {
    Stage stage;
    stage.fill(test::jointConfig(), 20);
    QSignalSpy changed(&stage.view, &OccupancyView::cellChanged);
    QTest::keyClick(&stage.view, Qt::Key_Left);  // begins at the newest position
    EXPECT_EQ(stage.view.cell(), (OccupancyCell{0, 19}));
    QTest::keyClick(&stage.view, Qt::Key_Left);
    QTest::keyClick(&stage.view, Qt::Key_Down);
    EXPECT_EQ(stage.view.cell(), (OccupancyCell{1, 18}));
    EXPECT_EQ(changed.count(), 3);
    QTest::keyClick(&stage.view, Qt::Key_Home);
    QTest::keyClick(&stage.view, Qt::Key_Left);
    EXPECT_EQ(stage.view.cell().position, 0);
    for (int i = 0; i < 20; ++i) QTest::keyClick(&stage.view, Qt::Key_Down);
    EXPECT_EQ(stage.view.cell().row, 11);
    for (int i = 0; i < 10; ++i) QTest::keyClick(&stage.view, Qt::Key_PageDown);
    EXPECT_EQ(stage.view.cell().position, 63);
    QTest::keyClick(&stage.view, Qt::Key_Escape);
    EXPECT_FALSE(stage.view.cell().isValid());
}

TEST(OccupancyView, ANewModelForgetsTheCell) {
    Stage stage;
    stage.fill(test::jointConfig(), 20);
    stage.view.setCell({11, 10});
    stage.fill(test::fullConfig(), 5, 16);
    EXPECT_FALSE(stage.view.cell().isValid());
    EXPECT_FALSE(stage.picture().isNull());
}

TEST(OccupancyView, ManyLayersScroll) {
    Stage stage({700, 200});
    ModelConfig deep = test::jointConfig();
    deep.layers = 60;
    stage.fill(deep, 20);
    EXPECT_GT(stage.view.verticalScrollBar()->maximum(), 0);
    stage.view.setCell({0, 0});
    for (int i = 0; i < 119; ++i) QTest::keyClick(&stage.view, Qt::Key_Down);
    EXPECT_TRUE(QRectF(stage.view.viewport()->rect()).intersects(stage.view.cellRect({119, 0})));
}

TEST(OccupancyView, CapacityBeyondThePixels) {
    Stage stage({400, 300});
    stage.fill(test::fullConfig(), 3000, 4096);
    EXPECT_FALSE(stage.picture().isNull());
    EXPECT_GT(stage.view.cellAt(stage.view.laneRect(0).center()).position, 1500);
    EXPECT_EQ(stage.view.csv().count(u'\n'), 1 + 10 * 4096);
}
