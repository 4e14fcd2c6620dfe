// SPDX-License-Identifier: GPL-3.0-or-later
// ByteBar and ScaleGroup: lengths are proportional to bytes, at the bounds too.
#include <gtest/gtest.h>

#include "widgets/common/byte_bar.h"

namespace loom::ui {
namespace {

TEST(ScaleGroup, FractionsStayBetweenNothingAndAll) {
    EXPECT_EQ(ScaleGroup{}.fraction(5), 0);
    const ScaleGroup scale = ScaleGroup::of({100, 400, -7});
    EXPECT_EQ(scale.maximum, 400);
    EXPECT_EQ(scale.fraction(100), 0.25);
    EXPECT_EQ(scale.fraction(-1), 0);
    EXPECT_EQ(scale.fraction(INT64_MAX), 1);
}

TEST(ByteBar, LengthsShareTheScale) {
    ByteBar now, other;
    for (ByteBar* bar : {&now, &other}) {
        bar->resize(400, 10);
        bar->setScale(ScaleGroup::of({200, 800}));
    }
    now.setValue(ByteBar::Source::Measured, Meaning::Latent, 50, 200);
    other.setValue(ByteBar::Source::Formula, Meaning::FullCache, 200, 800);
    EXPECT_DOUBLE_EQ(now.usedRect().width(), 25);
    EXPECT_DOUBLE_EQ(now.allocatedRect().width(), 100);
    EXPECT_DOUBLE_EQ(other.usedRect().width(), 100);
    EXPECT_DOUBLE_EQ(other.allocatedRect().width(), 400);
}

TEST(ByteBar, UsedIsNeverMoreThanAllocated) {
    ByteBar bar;
    bar.setValue(ByteBar::Source::Measured, Meaning::Latent, 500, 200);
    EXPECT_EQ(bar.used(), 200);
    bar.setValue(ByteBar::Source::Measured, Meaning::Latent, -5, -9);
    EXPECT_EQ(bar.used(), 0);
    EXPECT_EQ(bar.allocated(), 0);
}

TEST(ByteBar, PaintsUsedSolidAndTheRestNot) {
    ByteBar bar;
    bar.resize(200, 10);
    bar.setScale({100});
    const QImage empty = bar.grab().toImage();
    bar.setValue(ByteBar::Source::Measured, Meaning::Latent, 50, 100);
    const QImage measured = bar.grab().toImage();
    EXPECT_EQ(measured.pixelColor(50, 5), colour(Meaning::Latent));
    int solid = 0, different = 0;
    for (int x = 105; x < 195; ++x) {
        solid += measured.pixelColor(x, 5) == colour(Meaning::Latent);
        different += measured.pixelColor(x, 5) != empty.pixelColor(x, 5);
    }
    EXPECT_EQ(solid, 0);
    EXPECT_GT(different, 10);  // hatched, not empty
    bar.setValue(ByteBar::Source::Formula, Meaning::Latent, 50, 100);
    EXPECT_NE(bar.grab().toImage().pixelColor(50, 5), colour(Meaning::Latent));
    bar.clear();
    EXPECT_EQ(bar.grab().toImage(), empty);
}

}  // namespace
}  // namespace loom::ui
