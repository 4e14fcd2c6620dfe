// SPDX-License-Identifier: GPL-3.0-or-later
// RunListModel: rows, ticks that survive a new list, names that are asked for, bounds.
#include "widgets/itemmodels/run_list_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

using namespace loom;
using namespace loom::ui;

namespace {

RunSummary runNamed(const std::string& name, RunState state = RunState::Finished) {
    RunSummary run;
    run.folder = "/runs/" + name;
    run.name = name;
    run.state = state;
    run.step = 50;
    run.steps = 200;
    run.loss = 2.5;
    return run;
}

struct Checked {
    RunListModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Warning};
    QString shown(int row, RunListModel::Column column) const { return model.index(row, column).data().toString(); }
};

}  // namespace

TEST(RunListModel, EmptyHasNoRows) {
    Checked c;
    EXPECT_EQ(c.model.rowCount(), 0);
    EXPECT_EQ(c.model.rowOf(QStringLiteral("/runs/a")), -1);
    c.model.setTicked(QStringLiteral("/runs/a"), true);
    EXPECT_TRUE(c.model.ticked().isEmpty());
    c.model.setRuns({});
}

TEST(RunListModel, CellsSayWhatARunIs) {
    Checked c;
    RunSummary stopped = runNamed("b", RunState::Stopped);
    stopped.validationLoss = 2.25;
    c.model.setRuns({runNamed("a"), stopped, runNamed("c", RunState::Broken)});
    EXPECT_EQ(c.shown(0, RunListModel::Name), QStringLiteral("a"));
    EXPECT_EQ(c.shown(0, RunListModel::State), QStringLiteral("finished"));
    EXPECT_EQ(c.shown(1, RunListModel::Steps), QStringLiteral("50 of 200"));
    EXPECT_EQ(c.shown(0, RunListModel::Loss), QStringLiteral("2.500"));
    EXPECT_EQ(c.shown(1, RunListModel::Loss), QStringLiteral("2.250")) << "held out, where it was measured";
    EXPECT_EQ(c.model.index(1, 0).data(RunListModel::ProgressRole).toDouble(), 0.25);
    EXPECT_TRUE(c.model.index(1, 0).data(RunListModel::DetailRole).toString().startsWith(QStringLiteral("stopped at 50 of 200")));
    EXPECT_FALSE(c.model.flags(c.model.index(2, 0)).testFlag(Qt::ItemIsEditable)) << "a broken run has no name to change";
    EXPECT_TRUE(c.model.flags(c.model.index(0, 0)).testFlag(Qt::ItemIsEditable));
}

TEST(RunListModel, TicksBelongToRunsNotToRows) {
    Checked c;
    c.model.setRuns({runNamed("a"), runNamed("b")});
    QSignalSpy changed(&c.model, &RunListModel::tickedChanged);
    EXPECT_TRUE(c.model.setData(c.model.index(1, 0), Qt::Checked, Qt::CheckStateRole));
    EXPECT_EQ(changed.size(), 1);
    c.model.setRuns({runNamed("new"), runNamed("a"), runNamed("b")});
    EXPECT_EQ(c.model.ticked(), QStringList{QStringLiteral("/runs/b")});
    EXPECT_EQ(changed.size(), 1);
    c.model.setRuns({runNamed("new")});
    EXPECT_TRUE(c.model.ticked().isEmpty());
    EXPECT_EQ(changed.size(), 2);
}

TEST(RunListModel, ANameIsAskedForNotSet) {
    Checked c;
    c.model.setRuns({runNamed("a")});
    QSignalSpy wanted(&c.model, &RunListModel::renameWanted);
    EXPECT_FALSE(c.model.setData(c.model.index(0, 0), QStringLiteral("  "), Qt::EditRole));
    EXPECT_FALSE(c.model.setData(c.model.index(0, 0), QStringLiteral("a"), Qt::EditRole));
    EXPECT_FALSE(c.model.setData(c.model.index(0, RunListModel::Loss), QStringLiteral("1"), Qt::EditRole));
    EXPECT_TRUE(wanted.isEmpty());
    EXPECT_TRUE(c.model.setData(c.model.index(0, 0), QStringLiteral(" kite "), Qt::EditRole));
    ASSERT_EQ(wanted.size(), 1);
    EXPECT_EQ(wanted[0][0].toString(), QStringLiteral("/runs/a"));
    EXPECT_EQ(wanted[0][1].toString(), QStringLiteral("kite"));
    EXPECT_EQ(c.shown(0, RunListModel::Name), QStringLiteral("a"));
}

TEST(RunListModel, ARunThatIsTrainedMovesInItsRow) {
    Checked c;
    c.model.setRuns({runNamed("a"), runNamed("b", RunState::Stopped)});
    QSignalSpy reset(&c.model, &RunListModel::modelReset);
    RunSummary b = runNamed("b", RunState::Running);
    b.step = 100;
    c.model.updateRun(b);
    EXPECT_EQ(c.model.rowCount(), 2);
    EXPECT_EQ(c.shown(1, RunListModel::State), QStringLiteral("running"));
    c.model.updateRun(runNamed("fresh", RunState::Running));
    EXPECT_EQ(c.model.rowOf(QStringLiteral("/runs/fresh")), 0);
    EXPECT_EQ(c.model.rowOf(QStringLiteral("/runs/b")), 2);
    EXPECT_TRUE(reset.isEmpty());
}

TEST(RunListModel, SearchTextHoldsNotes) {
    Checked c;
    RunSummary run = runNamed("a");
    run.notes = "with dropout";
    c.model.setRuns({run});
    EXPECT_TRUE(c.model.index(0, 0).data(RunListModel::SearchRole).toString().contains(QStringLiteral("dropout")));
}
