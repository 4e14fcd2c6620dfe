// SPDX-License-Identifier: GPL-3.0-or-later
// StoryTreeModel: which passages stand below which, and what they cost.
#include "widgets/itemmodels/story_tree_model.h"

#include <random>

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

namespace loom::ui {
namespace {

QString plain(QString text) { return text.replace(QChar(0x202F), QLatin1Char(' ')); }

Passage passage(const std::vector<std::string>& words, PassageOrigin origin = PassageOrigin::Model) {
    Passage made;
    made.origin = origin;
    for (const std::string& word : words) {
        TokenStep step;
        step.text = step.label = word;
        made.tokens.push_back(step);
    }
    return made;
}

struct StoryTreeModelTest : ::testing::Test {
    StoryTreeModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
    QString text(const QModelIndex& index, int column = 0) const { return plain(index.siblingAtColumn(column).data().toString()); }
};

TEST_F(StoryTreeModelTest, AChainStandsInOneLineAndVersionsFurtherIn) {
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_TRUE(model.total().isEmpty());
    StoryTree tree;
    const PassageId a = tree.append(passage({"Once", " upon"}, PassageOrigin::Person));
    const PassageId b = tree.append(passage({" a", " time"}));
    model.setTree(tree);
    ASSERT_EQ(model.rowCount(), 2);
    EXPECT_EQ(text(model.index(0, 0)), QStringLiteral("Once upon"));
    EXPECT_EQ(text(model.index(1, 0)), QStringLiteral("a time"));
    EXPECT_EQ(text(model.index(1, 1), 1), QStringLiteral("2")) << "tokens, where no network is open";
    EXPECT_EQ(StoryTreeModel::passage(model.index(0, 0)), a);
    EXPECT_TRUE(model.total().isEmpty()) << "one version saves nothing";
    tree.go(a);
    const PassageId c = tree.append(passage({" there", " was", " a"}, PassageOrigin::Edit));
    tree.append(passage({" dog"}));
    tree.setBookmarked(c, true);
    model.setTree(tree);
    ASSERT_EQ(model.rowCount(), 1);
    const QModelIndex top = model.index(0, 0);
    ASSERT_EQ(model.rowCount(top), 3) << "two versions, one of which goes on";
    EXPECT_EQ(text(model.index(1, 0, top)), QStringLiteral("★ there was a"));
    EXPECT_FALSE(model.indexOf(b).data(StoryTreeModel::ShownRole).toBool());
    EXPECT_TRUE(model.indexOf(c).data(StoryTreeModel::ShownRole).toBool());
    EXPECT_EQ(model.indexOf(c).parent(), top);
    model.setPrice({1000, 4000, QStringLiteral("Small"), QStringLiteral("MHA")});
    EXPECT_EQ(text(model.indexOf(c), 1), QStringLiteral("3.00 kB"));
    EXPECT_EQ(plain(model.total()), QStringLiteral("2 versions: 8.00 kB of cache, where shared beginnings are kept once; 2.00 kB saved"));
    const QString help = plain(model.indexOf(c).data(Qt::ToolTipRole).toString());
    EXPECT_TRUE(help.contains(QStringLiteral("5.00 kB"))) << help.toStdString();
    EXPECT_TRUE(help.contains(QStringLiteral("MHA would hold 20.0 kB"))) << help.toStdString();
    EXPECT_FALSE(model.indexOf(PassageId(99)).isValid());
    EXPECT_FALSE(model.data({}, Qt::DisplayRole).isValid());
}

TEST_F(StoryTreeModelTest, GrowingTextChangesRowsOnly) {
    StoryTree tree;
    const PassageId a = tree.append(passage({"Once"}));
    model.setTree(tree);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset), changes(&model, &QAbstractItemModel::dataChanged);
    tree.extend(a, passage({" upon"}).tokens);
    model.setTree(tree);
    EXPECT_EQ(resets.size(), 0);
    EXPECT_GE(changes.size(), 1);
    EXPECT_EQ(text(model.index(0, 0)), QStringLiteral("Once upon"));
    tree.remove(a);
    model.setTree(tree);
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(StoryTreeModelTest, RandomTreesAreWholeModels) {
    std::mt19937 random(5);
    StoryTree tree;
    for (int i = 0; i < 120; ++i) {
        const std::vector<PassageId> all = tree.all();
        if (!all.empty() && random() % 2 == 0) tree.go(all[random() % all.size()]);
        if (!all.empty() && random() % 9 == 0)
            tree.remove(all[random() % all.size()]);
        else
            tree.append(passage({"w" + std::to_string(i), "x"}));
        model.setTree(tree);
        for (const PassageId id : tree.all()) ASSERT_EQ(StoryTreeModel::passage(model.indexOf(id)), id);
    }
}

}  // namespace
}  // namespace loom::ui
