// SPDX-License-Identifier: GPL-3.0-or-later
// ColourMap: ends, order and the square-root scale.
#include "widgets/inside/colour_map.h"

#include <limits>

#include <gtest/gtest.h>

#include "widgets/itemmodels/heads_model.h"

using namespace loom::ui;

namespace {

double lightness(QRgb c) { return 0.2126 * qRed(c) + 0.7152 * qGreen(c) + 0.0722 * qBlue(c); }

}  // namespace

TEST(ColourMap, KnownEnds) {
    EXPECT_EQ(mapColour(ColourMapKind::Cividis, 0), qRgb(0x00, 0x22, 0x4e));
    EXPECT_EQ(mapColour(ColourMapKind::Cividis, 1), qRgb(0xfe, 0xe8, 0x38));
    EXPECT_EQ(mapColour(ColourMapKind::Viridis, 0), qRgb(0x44, 0x01, 0x54));
    EXPECT_EQ(mapColour(ColourMapKind::Viridis, 1), qRgb(0xfd, 0xe7, 0x25));
}

TEST(ColourMap, OutsideValuesAreClamped) {
    EXPECT_EQ(mapColour(ColourMapKind::Cividis, -3), mapColour(ColourMapKind::Cividis, 0));
    EXPECT_EQ(mapColour(ColourMapKind::Cividis, 7), mapColour(ColourMapKind::Cividis, 1));
    EXPECT_EQ(mapColour(ColourMapKind::Viridis, std::numeric_limits<double>::quiet_NaN()), mapColour(ColourMapKind::Viridis, 0));
    EXPECT_EQ(weightColour(ColourMapKind::Viridis, -0.5), mapColour(ColourMapKind::Viridis, 0));
}

TEST(ColourMap, LargerIsLighter) {
    for (const ColourMapKind kind : {ColourMapKind::Cividis, ColourMapKind::Viridis}) {
        for (int i = 1; i <= 64; ++i) EXPECT_GT(lightness(mapColour(kind, i / 64.0)), lightness(mapColour(kind, (i - 1) / 64.0))) << i;
    }
}

TEST(ColourMap, WeightsUseTheSquareRoot) {
    EXPECT_EQ(weightColour(ColourMapKind::Cividis, 0.25), mapColour(ColourMapKind::Cividis, 0.5));
    const QList<QRgb> table = levelTable(ColourMapKind::Cividis);
    ASSERT_EQ(table.size(), 256);
    EXPECT_EQ(table[HeadsModel::level(1)], weightColour(ColourMapKind::Cividis, 1));
    EXPECT_EQ(table[HeadsModel::level(0.25F)], weightColour(ColourMapKind::Cividis, 0.25));
    EXPECT_EQ(qAlpha(table[HeadsModel::kMasked]), 0);
}
