// SPDX-License-Identifier: GPL-3.0-or-later
// HeadsModel: growth row by row, statistics by hand, thumbnails, bounds.
#include "widgets/itemmodels/heads_model.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace loom;
using namespace loom::ui;

namespace {

// Every query spreads its weight evenly, plus a little that depends on head and key so that rows can be told apart.
float weight(std::int64_t head, std::int64_t query, std::int64_t key) {
    return 1.0F / static_cast<float>(query + 1) + (key == 0 ? 0.001F * static_cast<float>(head) : 0.0F);
}

std::shared_ptr<AttentionMap> makeMap(std::int64_t heads, std::int64_t tokens) {
    auto map = std::make_shared<AttentionMap>();
    map->heads = heads;
    map->tokens = tokens;
    map->layer = LayerIndex(2);
    map->weights.resize(static_cast<std::size_t>(heads * tokens * tokens));
    for (std::int64_t h = 0; h < heads; ++h) {
        for (std::int64_t q = 0; q < tokens; ++q) {
            for (std::int64_t k = 0; k <= q; ++k) map->weights[static_cast<std::size_t>((h * tokens + q) * tokens + k)] = weight(h, q, k);
        }
    }
    return map;
}

std::shared_ptr<AttentionRow> makeRow(std::int64_t heads, std::int64_t position) {
    auto row = std::make_shared<AttentionRow>();
    row->heads = heads;
    row->position = position;
    row->layer = LayerIndex(2);
    for (std::int64_t h = 0; h < heads; ++h) {
        for (std::int64_t k = 0; k <= position; ++k) row->weights.push_back(weight(h, position, k));
    }
    return row;
}

struct Checked {
    HeadsModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Warning};
};

}  // namespace

TEST(HeadsModel, StartsEmpty) {
    Checked c;
    EXPECT_EQ(c.model.rowCount(), 0);
    EXPECT_EQ(c.model.tokens(), 0);
    EXPECT_TRUE(c.model.levels(0, 16).isNull());
    EXPECT_FALSE(c.model.data(c.model.index(0), HeadsModel::ThumbnailRole).isValid());
    c.model.clear();
    c.model.setMap(nullptr);
    c.model.appendRow(nullptr);
    EXPECT_EQ(c.model.rowCount(), 0);
}

TEST(HeadsModel, KeepsTheTriangleOfAMap) {
    Checked c;
    c.model.setMap(makeMap(3, 5));
    ASSERT_EQ(c.model.heads(), 3);
    ASSERT_EQ(c.model.tokens(), 5);
    EXPECT_EQ(c.model.layer(), LayerIndex(2));
    for (int h = 0; h < 3; ++h) {
        for (int q = 0; q < 5; ++q) {
            for (int k = 0; k < 5; ++k) EXPECT_EQ(c.model.at(h, q, k), k > q ? 0.0F : weight(h, q, k)) << h << ' ' << q << ' ' << k;
        }
    }
}

TEST(HeadsModel, MapWithTheWrongNumberOfWeightsClears) {
    Checked c;
    c.model.setMap(makeMap(2, 4));
    auto bad = makeMap(2, 4);
    bad->weights.pop_back();
    c.model.setMap(bad);
    EXPECT_EQ(c.model.rowCount(), 0);
    auto negative = makeMap(2, 4);
    negative->heads = -2;
    negative->tokens = -4;
    c.model.setMap(negative);
    EXPECT_EQ(c.model.rowCount(), 0);
}

TEST(HeadsModel, RowsExtendByOneAndEqualTheMap) {
    Checked grown;
    Checked whole;
    whole.model.setMap(makeMap(4, 40));
    QSignalSpy grew(&grown.model, &HeadsModel::grew);
    for (int q = 0; q < 40; ++q) {
        grown.model.appendRow(makeRow(4, q));
        // Asked for in between, so that the thumbnail really grows.
        ASSERT_EQ(grown.model.data(grown.model.index(1), HeadsModel::ThumbnailRole).value<QImage>().width(), q + 1);
    }
    EXPECT_EQ(grew.count(), 39);  // the first row resets the model
    EXPECT_EQ(grew.last().at(0).toInt(), 39);
    for (int h = 0; h < 4; ++h) {
        const QModelIndex a = grown.model.index(h);
        const QModelIndex b = whole.model.index(h);
        EXPECT_EQ(a.data(HeadsModel::ThumbnailRole).value<QImage>(), b.data(HeadsModel::ThumbnailRole).value<QImage>());
        EXPECT_DOUBLE_EQ(a.data(HeadsModel::EntropyRole).toDouble(), b.data(HeadsModel::EntropyRole).toDouble());
        EXPECT_EQ(grown.model.levels(h, 7), whole.model.levels(h, 7));
    }
}

TEST(HeadsModel, RowsOutOfOrderOrMalformedAreIgnored) {
    Checked c;
    c.model.appendRow(makeRow(2, 1));  // not the first
    EXPECT_EQ(c.model.tokens(), 0);
    c.model.appendRow(makeRow(2, 0));
    c.model.appendRow(makeRow(2, 0));  // again
    c.model.appendRow(makeRow(2, 2));  // one too far
    c.model.appendRow(makeRow(3, 1));  // other number of heads
    auto otherLayer = makeRow(2, 1);
    otherLayer->layer = LayerIndex(1);
    c.model.appendRow(otherLayer);
    auto tooShort = makeRow(2, 1);
    tooShort->weights.pop_back();
    c.model.appendRow(tooShort);
    EXPECT_EQ(c.model.tokens(), 1);
    c.model.appendRow(makeRow(2, 1));
    EXPECT_EQ(c.model.tokens(), 2);
}

TEST(HeadsModel, EntropyAndDistanceByHand) {
    Checked c;
    auto map = std::make_shared<AttentionMap>();
    map->heads = 1;
    map->tokens = 2;
    map->weights = {1, 0, 0.25F, 0.75F};
    c.model.setMap(map);
    const double second = -(0.25 * std::log(0.25) + 0.75 * std::log(0.75));
    EXPECT_NEAR(c.model.index(0).data(HeadsModel::EntropyRole).toDouble(), second / 2, 1e-12);
    EXPECT_NEAR(c.model.index(0).data(HeadsModel::DistanceRole).toDouble(), 0.25 / 2, 1e-12);
}

TEST(HeadsModel, LevelsFollowTheSquareRootAndMaskTheFuture) {
    EXPECT_EQ(HeadsModel::level(0), 0);
    EXPECT_EQ(HeadsModel::level(1), HeadsModel::kTopLevel);
    EXPECT_EQ(HeadsModel::level(0.25F), 127);
    EXPECT_EQ(HeadsModel::level(2), HeadsModel::kTopLevel);
    EXPECT_EQ(HeadsModel::level(std::numeric_limits<float>::quiet_NaN()), 0);
    Checked c;
    c.model.setMap(makeMap(1, 3));
    const QImage image = c.model.levels(0, 8);
    ASSERT_EQ(image.size(), QSize(3, 3));
    EXPECT_EQ(image.pixelIndex(0, 0), HeadsModel::kTopLevel);
    EXPECT_EQ(image.pixelIndex(1, 0), HeadsModel::kMasked);
    EXPECT_EQ(image.pixelIndex(2, 2), HeadsModel::level(1 / 3.0F));
}

TEST(HeadsModel, BlocksShowTheirLargestWeight) {
    Checked c;
    auto map = makeMap(1, 4);
    map->weights[3 * 4 + 0] = 0.9F;
    c.model.setMap(map);
    const QImage image = c.model.levels(0, 2);
    ASSERT_EQ(image.size(), QSize(2, 2));
    EXPECT_EQ(image.pixelIndex(0, 1), HeadsModel::level(0.9F));
    EXPECT_EQ(image.pixelIndex(1, 0), HeadsModel::kMasked);
}

TEST(HeadsModel, FiveHundredTwelveTokensAndSixteenHeads) {
    Checked c;
    c.model.setMap(makeMap(16, 512));
    ASSERT_EQ(c.model.rowCount(), 16);
    EXPECT_FALSE(c.model.index(15).data(HeadsModel::EntropyRole).isValid());  // another thread is at it
    c.model.appendRow(makeRow(16, 512));
    ASSERT_TRUE(QTest::qWaitFor([&] { return c.model.index(15).data(HeadsModel::EntropyRole).isValid(); }));
    double entropy = 0;
    for (std::int64_t q = 0; q <= 512; ++q) {
        for (std::int64_t k = 0; k <= q; ++k) {
            const auto w = static_cast<double>(weight(15, q, k));
            entropy -= w * std::log(w);
        }
    }
    EXPECT_NEAR(c.model.index(15).data(HeadsModel::EntropyRole).toDouble(), entropy / 513, 1e-9);
    c.model.setMap(makeMap(16, 512));
    ASSERT_TRUE(QTest::qWaitFor([&] { return c.model.index(15).data(HeadsModel::EntropyRole).isValid(); }));
    const auto thumbnail = c.model.index(15).data(HeadsModel::ThumbnailRole).value<QImage>();
    EXPECT_EQ(thumbnail.size(), QSize(128, 128));
    c.model.appendRow(makeRow(16, 512));
    EXPECT_EQ(c.model.tokens(), 513);
    EXPECT_LE(c.model.index(15).data(HeadsModel::ThumbnailRole).value<QImage>().width(), HeadsModel::kThumbnailSide);
    EXPECT_EQ(c.model.levels(3, 1024).width(), 513);
}

TEST(HeadsModel, ScoresHaveBothSignsAndALimit) {
    Checked c;
    auto numbers = std::make_shared<std::vector<float>>(std::vector<float>{0.5F, 0, -4, 2, /*head 1*/ 1, 0, 0, 3});
    c.model.setScores(LayerIndex(1), numbers, 2, 2);
    ASSERT_EQ(c.model.heads(), 2);
    EXPECT_EQ(c.model.scale(), ValueScale::Signed);
    EXPECT_EQ(c.model.layer(), LayerIndex(1));
    EXPECT_FLOAT_EQ(c.model.limit(0), 4);
    EXPECT_FLOAT_EQ(c.model.limit(1), 3);
    const QImage levels = c.model.levels(0, 2);
    EXPECT_EQ(levels.pixelIndex(0, 0), signedLevel(0.5F, 4));
    EXPECT_EQ(levels.pixelIndex(0, 1), 0);    // the limit, below 0
    EXPECT_EQ(levels.pixelIndex(1, 1), 191);  // half of it, above
    EXPECT_EQ(levels.pixelIndex(1, 0), HeadsModel::kMasked);
    EXPECT_FALSE(c.model.index(0).data(HeadsModel::EntropyRole).isValid());
    c.model.setLimits({8, 8});
    EXPECT_EQ(c.model.levels(0, 2).pixelIndex(0, 1), 127 - 64);
    c.model.setLimits({1});  // not one for each head
    EXPECT_FLOAT_EQ(c.model.limit(1), 8);
    EXPECT_EQ(c.model.levels(0, 1).pixelIndex(0, 0), signedLevel(-4, 8));  // farthest from 0 in the block
    c.model.appendRow(makeRow(2, 2));                                      // weights do not go on scores
    EXPECT_EQ(c.model.tokens(), 2);
    c.model.setScores(LayerIndex(1), numbers, 2, 3);
    EXPECT_EQ(c.model.rowCount(), 0);
}

TEST(HeadsModel, MeanOfTheHeads) {
    Checked c;
    c.model.setMap(makeMap(3, 4));
    const auto mean = meanOfHeads(c.model.values(), c.model.layer());
    ASSERT_TRUE(mean);
    EXPECT_EQ(mean->heads, 1);
    EXPECT_EQ(mean->layer, LayerIndex(2));
    EXPECT_FLOAT_EQ(mean->at(HeadIndex(0), 3, 0), 0.25F + 0.001F);  // heads add 0, 0.001 and 0.002
    EXPECT_FLOAT_EQ(mean->at(HeadIndex(0), 3, 2), 0.25F);
    EXPECT_FLOAT_EQ(meanRow(c.model.values(), c.model.layer(), 2)->weights[0], 1 / 3.0F + 0.001F);
    EXPECT_EQ(meanOfHeads(HeadValues(), LayerIndex()), nullptr);
}

TEST(HeadsModel, TruncateForgetsLaterQueries) {
    Checked c;
    c.model.setMap(makeMap(2, 9));
    c.model.truncate(12);
    EXPECT_EQ(c.model.tokens(), 9);
    c.model.truncate(4);
    Checked small;
    small.model.setMap(makeMap(2, 4));
    EXPECT_EQ(c.model.tokens(), 4);
    EXPECT_EQ(c.model.levels(1, 4), small.model.levels(1, 4));
    EXPECT_DOUBLE_EQ(c.model.index(1).data(HeadsModel::DistanceRole).toDouble(),
                     small.model.index(1).data(HeadsModel::DistanceRole).toDouble());
    c.model.truncate(0);
    EXPECT_EQ(c.model.rowCount(), 0);
}
