// SPDX-License-Identifier: GPL-3.0-or-later
// CacheModel and CacheLayersModel: filling, norms, bytes, bounds.
#include "widgets/itemmodels/cache_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "widgets/itemmodels/cache_layers_model.h"

using namespace loom;
using namespace loom::ui;

namespace {

CacheSpec latentSpec() { return {CacheForm::Latent, 3, {{CacheLane::Latent, 96}, {CacheLane::RotaryKey, 32}}, DType::BF16}; }

CacheUse useOf(std::int64_t used, std::int64_t capacity = 8) {
    CacheUse use;
    use.spec = latentSpec();
    use.usedTokens = used;
    use.capacityTokens = capacity;
    for (std::int64_t layer = 0; layer < use.spec.layers; ++layer) {
        const std::int64_t elements = use.spec.elementsPerTokenPerLayer() * capacity;
        use.layers.push_back({LayerIndex(layer), elements, elements * 2});
        use.bytes += elements * 2;
    }
    return use;
}

struct Checked {
    CacheModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Warning};
};

std::vector<float> norms(float first) { return {first, first + 1, first + 2, first + 3, first + 4, first + 5}; }

}  // namespace

TEST(CacheModel, EmptyHasNoCells) {
    Checked c;
    EXPECT_EQ(c.model.rowCount(), 0);
    EXPECT_EQ(c.model.columnCount(), 0);
    EXPECT_FALSE(c.model.norm(0, 0));
    EXPECT_FALSE(c.model.normRange(0));
    c.model.setNorms(0, {1});
    c.model.truncate(3);
    c.model.clear();
}

TEST(CacheModel, RowsAreLayersTimesLanes) {
    Checked c;
    c.model.setUse(useOf(3));
    EXPECT_EQ(c.model.rowCount(), 6);
    EXPECT_EQ(c.model.columnCount(), 8);
    const QModelIndex cell = c.model.index(3, 2);
    EXPECT_TRUE(cell.data(CacheModel::FilledRole).toBool());
    EXPECT_FALSE(c.model.index(3, 3).data(CacheModel::FilledRole).toBool());
    EXPECT_EQ(cell.data(CacheModel::LayerRole).toInt(), 1);
    EXPECT_EQ(cell.data(CacheModel::LaneRole).toInt(), static_cast<int>(CacheLane::RotaryKey));
    EXPECT_EQ(cell.data(CacheModel::BytesRole).toLongLong(), 64);
    EXPECT_EQ(c.model.index(2, 0).data(CacheModel::BytesRole).toLongLong(), 192);
    EXPECT_EQ(c.model.headerData(3, Qt::Vertical).toString(), QStringLiteral("layer 1 rotary key"));
    EXPECT_FALSE(c.model.headerData(6, Qt::Vertical).isValid());
    EXPECT_EQ(c.model.headerData(7, Qt::Horizontal).toInt(), 7);
    EXPECT_FALSE(c.model.headerData(8, Qt::Horizontal).isValid());
}

TEST(CacheModel, UseChangesOnlyWhatChanged) {
    Checked c;
    c.model.setUse(useOf(3));
    QSignalSpy changed(&c.model, &CacheModel::dataChanged);
    QSignalSpy reset(&c.model, &CacheModel::modelReset);
    c.model.setUse(useOf(5));
    ASSERT_EQ(changed.count(), 1);
    EXPECT_EQ(changed.at(0).at(0).toModelIndex().column(), 3);
    EXPECT_EQ(changed.at(0).at(1).toModelIndex().column(), 4);
    c.model.setUse(useOf(5));
    EXPECT_EQ(changed.count(), 1);
    EXPECT_EQ(reset.count(), 0);
    c.model.setUse(useOf(5, 16));
    EXPECT_EQ(reset.count(), 1);
    EXPECT_EQ(c.model.columnCount(), 16);
}

TEST(CacheModel, NormsBelongToAPosition) {
    Checked c;
    c.model.setUse(useOf(2));
    c.model.setNorms(1, norms(1));
    EXPECT_FLOAT_EQ(*c.model.norm(4, 1), 5);
    EXPECT_FALSE(c.model.norm(4, 0));  // never reported
    EXPECT_FALSE(c.model.index(4, 0).data(CacheModel::NormRole).isValid());
    c.model.setNorms(4, norms(10));  // ahead of the use report
    EXPECT_EQ(c.model.used(), 5);
    const auto latent = c.model.normRange(0);
    ASSERT_TRUE(latent);
    EXPECT_FLOAT_EQ(latent->first, 1);
    EXPECT_FLOAT_EQ(latent->second, 14);
    EXPECT_FALSE(c.model.normRange(2));
}

TEST(CacheModel, BadNormsAreIgnored) {
    Checked c;
    c.model.setUse(useOf(2));
    c.model.setNorms(-1, norms(1));
    c.model.setNorms(8, norms(1));
    c.model.setNorms(0, {1, 2, 3});
    EXPECT_FALSE(c.model.normRange(0));
    EXPECT_EQ(c.model.used(), 2);
}

TEST(CacheModel, TruncateForgetsNorms) {
    Checked c;
    c.model.setUse(useOf(5));
    for (int position = 0; position < 5; ++position) c.model.setNorms(position, norms(static_cast<float>(position)));
    c.model.truncate(2);
    EXPECT_EQ(c.model.used(), 2);
    EXPECT_TRUE(c.model.norm(0, 1));
    EXPECT_FALSE(c.model.norm(0, 2));
    c.model.truncate(7);  // never grows
    EXPECT_EQ(c.model.used(), 2);
    c.model.setUse(useOf(-4));
    EXPECT_EQ(c.model.used(), 0);
    c.model.setUse(useOf(99));
    EXPECT_EQ(c.model.used(), 8);
}

TEST(CacheLayersModel, SumsUpToTheBuffers) {
    CacheLayersModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Warning);
    EXPECT_EQ(model.rowCount(), 0);
    const CacheUse use = useOf(5);
    model.setUse(use);
    ASSERT_EQ(model.rowCount(), 6);
    qint64 allocated = 0;
    qint64 used = 0;
    for (int row = 0; row < model.rowCount(); ++row) {
        allocated += model.index(row, CacheLayersModel::AllocatedColumn).data(Qt::UserRole).toLongLong();
        used += model.index(row, CacheLayersModel::UsedColumn).data(Qt::UserRole).toLongLong();
    }
    EXPECT_EQ(allocated, use.bytes);
    EXPECT_EQ(used, use.usedBytes());
    EXPECT_EQ(model.index(1, CacheLayersModel::LaneColumn).data().toString(), QStringLiteral("rotary key"));
    EXPECT_EQ(model.index(5, CacheLayersModel::LayerColumn).data(Qt::UserRole).toLongLong(), 2);
    model.setUse(useOf(6));
    EXPECT_EQ(model.index(0, CacheLayersModel::UsedColumn).data(Qt::UserRole).toLongLong(), 96 * 2 * 6);
    model.clear();
    EXPECT_EQ(model.rowCount(), 0);
}
