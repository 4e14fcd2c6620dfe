// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of what is seen inside: logit lens, what is forgotten, heads that are off, the changed prediction.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QUndoStack>

#include "tests/widgets/attention_fixture.h"
#include "tests/widgets/look_samples.h"
#include "widgets/common/number_format.h"
#include "widgets/itemmodels/forgotten_model.h"
#include "widgets/itemmodels/head_switch_model.h"
#include "widgets/itemmodels/heat_role.h"
#include "widgets/itemmodels/lens_model.h"
#include "widgets/itemmodels/shift_model.h"
#include "widgets/itemmodels/story_model.h"

using namespace loom;
using namespace loom::ui;

namespace {

constexpr auto kWarn = QAbstractItemModelTester::FailureReportingMode::Warning;

}  // namespace

TEST(LensModel, AWordForEveryLayerAndToken) {
    StoryModel story;
    story.apply(test::storyOf(3));
    LensModel model(&story);
    const QAbstractItemModelTester tester(&model, kWarn);
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_TRUE(model.sentence({}).isEmpty());
    model.setAnswer(test::lensAnswer(4, 3));
    ASSERT_EQ(model.rowCount(), 4);
    ASSERT_EQ(model.columnCount(), 3);
    EXPECT_EQ(model.headerData(0, Qt::Vertical).toString(), QStringLiteral("embedding"));
    EXPECT_EQ(model.headerData(1, Qt::Vertical).toString(), QStringLiteral("layer 0"));
    EXPECT_EQ(model.headerData(3, Qt::Vertical).toString(), QStringLiteral("layer 2 = output"));
    EXPECT_EQ(model.headerData(1, Qt::Horizontal).toString(), QStringLiteral("·t1"));
    EXPECT_FALSE(model.headerData(3, Qt::Horizontal).isValid());
    const QModelIndex cell = model.index(2, 1);
    EXPECT_EQ(cell.data().toString(), QStringLiteral("·w21"));
    EXPECT_FLOAT_EQ(static_cast<float>(cell.data(kHeatRole).toDouble()), test::lensShare(2, 1));
    EXPECT_EQ(model.sentence(cell),
              QStringLiteral("after “·t1” (1), layer 1: “·w21” with %1").arg(formatPercent(static_cast<double>(test::lensShare(2, 1)))));
    EXPECT_TRUE(cell.data(Qt::ToolTipRole).toString().contains(QStringLiteral("“second”")));
    EXPECT_TRUE(tableCsv(model).startsWith(QStringLiteral(",\"·t0\",\"·t1\",\"·t2\"\n\"embedding\",\"·w00 (")));
    model.setAnswer(test::forgottenAnswer());  // something else
    EXPECT_EQ(model.rowCount(), 0);
    auto broken = std::make_shared<LookAnswer>(*test::lensAnswer(4, 3));
    std::get<LogitLens>(broken->value).ids.pop_back();
    model.setAnswer(broken);
    EXPECT_EQ(model.columnCount(), 0);
}

TEST(ForgottenModel, KeysAndValuesOfEachHead) {
    ForgottenModel model;
    const QAbstractItemModelTester tester(&model, kWarn);
    model.setAnswer(test::forgottenAnswer());
    ASSERT_EQ(model.rowCount(), 4);
    ASSERT_EQ(model.columnCount(), 2);
    EXPECT_EQ(model.headerData(1, Qt::Horizontal).toString(), QStringLiteral("rank 4"));
    EXPECT_EQ(model.headerData(3, Qt::Vertical).toString(), QStringLiteral("head 1, values"));
    EXPECT_EQ(model.index(0, 0).data().toString(), formatPercent(0));
    EXPECT_EQ(model.index(2, 1).data(kHeatRole).toDouble(), 0.5);   // keys of head 1 at rank 4
    EXPECT_EQ(model.index(1, 1).data(kCsvRole).toDouble(), 0.125);  // values of head 0
    EXPECT_TRUE(
        model.sentence(model.index(2, 1)).contains(QStringLiteral("4 strongest directions of the latent, the keys of head 1 lose")));
    EXPECT_TRUE(tableCsv(model).contains(QStringLiteral("\"head 1, keys\",0,0.5")));
    model.setAnswer(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_TRUE(model.sentence(model.index(0, 0)).isEmpty());
}

TEST(HeadSwitchModel, EveryChangeCanBeUndone) {
    QUndoStack undo;
    HeadSwitchModel model(&undo);
    const QAbstractItemModelTester tester(&model, kWarn);
    model.setShape(3, 4);
    QSignalSpy changed(&model, &HeadSwitchModel::offChanged);
    EXPECT_EQ(model.index(1, 2).data(Qt::CheckStateRole).value<Qt::CheckState>(), Qt::Checked);
    EXPECT_TRUE(model.setData(model.index(1, 2), Qt::Unchecked, Qt::CheckStateRole));
    EXPECT_FALSE(model.setData(model.index(1, 2), 3, Qt::EditRole));
    model.setOff(2, 0, true);
    model.setOff(2, 0, true);  // it is off already
    model.setOff(9, 0, true);  // there is no such layer
    EXPECT_EQ(changed.count(), 2);
    EXPECT_EQ(undo.count(), 2);
    EXPECT_EQ(model.off(), (std::vector<HeadPlace>{{LayerIndex{1}, HeadIndex{2}}, {LayerIndex{2}, HeadIndex{0}}}));
    EXPECT_EQ(model.index(1, 2).data(Qt::ToolTipRole).toString(), QStringLiteral("Layer 1, head 2 is off"));
    model.switchAllOn();
    EXPECT_TRUE(model.off().empty());
    undo.undo();
    EXPECT_EQ(model.off().size(), 2U);
    undo.undo();
    EXPECT_EQ(model.off(), (std::vector<HeadPlace>{{LayerIndex{1}, HeadIndex{2}}}));
    undo.undo();
    EXPECT_TRUE(model.off().empty());
    undo.redo();
    EXPECT_TRUE(model.isOff(1, 2));
    model.setShape(3, 4);  // the same
    EXPECT_TRUE(model.isOff(1, 2));
    model.forget();
    EXPECT_TRUE(model.off().empty());
    EXPECT_FALSE(undo.canUndo());
    model.setOff(0, 0, true);
    model.setShape(2, 2);
    EXPECT_TRUE(model.off().empty());
    EXPECT_FALSE(undo.canUndo());
}

TEST(ShiftModel, BeforeFirstThenWhoCameIn) {
    ShiftModel model;
    const QAbstractItemModelTester tester(&model, kWarn);
    model.setAnswer(test::withoutAnswer());
    ASSERT_EQ(model.rowCount(), 3);
    EXPECT_EQ(model.index(0, ShiftModel::Token).data().toString(), QStringLiteral("·dog"));
    EXPECT_EQ(model.index(0, ShiftModel::Before).data().toString(), formatPercent(0.5));
    EXPECT_EQ(model.index(0, ShiftModel::Change).data().toString(), QStringLiteral("-25.0"));
    EXPECT_EQ(model.index(2, ShiftModel::Token).data().toString(), QStringLiteral("·cat"));
    EXPECT_EQ(model.index(2, ShiftModel::After).data(ShiftModel::ShareRole).toDouble(), 0.5);
    EXPECT_FALSE(model.index(2, ShiftModel::Token).data(ShiftModel::ShareRole).isValid());
    EXPECT_TRUE(tableCsv(model).contains(QStringLiteral("\"1\",\"·dog\",0.5,0.25,-0.25")));
    model.setAnswer(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}
