// SPDX-License-Identifier: GPL-3.0-or-later
// StoryModel: rows, offsets in UTF-16, updates in every order, bounds.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "widgets/itemmodels/story_model.h"

namespace loom::ui {
namespace {

TokenStep step(std::int64_t position, const std::string& text, TokenOrigin origin = TokenOrigin::Generated) {
    TokenStep s;
    s.token = TokenId(100 + position);
    s.position = position;
    s.origin = origin;
    s.text = origin == TokenOrigin::Special ? std::string() : text;
    s.label = text;
    return s;
}

StoryUpdate resetTo(std::vector<TokenStep> steps, std::int64_t reused = 0) {
    StoryUpdate update;
    update.reset = std::move(steps);
    update.reused = reused;
    return update;
}

StoryUpdate appended(std::vector<TokenStep> steps) {
    StoryUpdate update;
    update.appended = std::move(steps);
    return update;
}

struct StoryModelTest : ::testing::Test {
    StoryModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
    QVariant at(int row, int role) const { return model.data(model.index(row), role); }
};

TEST_F(StoryModelTest, EmptyStoryHasNothingAnywhere) {
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_EQ(model.tokenAt(0), -1);
    EXPECT_EQ(model.tokenAt(-1), -1);
    EXPECT_EQ(model.firstTokenFrom(0), 0);
    EXPECT_FALSE(model.data(model.index(0), StoryModel::TextRole).isValid());
    model.apply({});
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(StoryModelTest, ResetThenAppendKeepsOrderAndOffsets) {
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset), inserts(&model, &QAbstractItemModel::rowsInserted);
    model.apply(resetTo({step(0, "<s>", TokenOrigin::Special), step(1, "Once", TokenOrigin::Prompt)}, 1));
    model.apply(appended({step(2, " upon"), step(3, " a")}));
    EXPECT_EQ(resets.size(), 1);
    ASSERT_EQ(inserts.size(), 1);
    EXPECT_EQ(inserts[0][1].toInt(), 2);
    EXPECT_EQ(inserts[0][2].toInt(), 3);
    EXPECT_EQ(model.storyText(), QStringLiteral("Once upon a"));
    EXPECT_EQ(at(0, StoryModel::TextRole).toString(), QString());
    EXPECT_EQ(at(0, StoryModel::LabelRole).toString(), QStringLiteral("<s>"));
    EXPECT_EQ(at(2, StoryModel::StartRole).toInt(), 4);
    EXPECT_EQ(at(2, StoryModel::OriginRole).toInt(), static_cast<int>(TokenOrigin::Generated));
    EXPECT_EQ(at(3, StoryModel::PositionRole).toLongLong(), 3);
    EXPECT_TRUE(at(0, StoryModel::CachedRole).toBool());
    EXPECT_FALSE(at(1, StoryModel::CachedRole).toBool());
    EXPECT_FALSE(model.data(model.index(4), StoryModel::TextRole).isValid());
}

TEST_F(StoryModelTest, OffsetsCountSurrogatePairsAsTwo) {
    model.apply(resetTo({step(0, "<s>", TokenOrigin::Special), step(1, "a"), step(2, "\xF0\x9F\xAA\x81"), step(3, "\xC3\xA9t\xC3\xA9"),
                         step(4, "", TokenOrigin::Generated), step(5, "!"), step(6, "</s>", TokenOrigin::Special)}));
    EXPECT_EQ(model.storyText().size(), 7);
    EXPECT_EQ(model.tokenAt(0), 1);  // not the special that starts at 0 too
    EXPECT_EQ(model.tokenAt(1), 2);
    EXPECT_EQ(model.tokenAt(2), 2);  // the low surrogate
    EXPECT_EQ(model.tokenAt(3), 3);
    EXPECT_EQ(model.tokenAt(5), 3);
    EXPECT_EQ(model.tokenAt(6), 5);  // not the token without text before it
    EXPECT_EQ(model.tokenAt(7), -1);
    EXPECT_EQ(model.length(2), 2);
    EXPECT_EQ(model.length(4), 0);
    EXPECT_EQ(model.start(6), 7);
    EXPECT_EQ(model.length(6), 0);
}

TEST_F(StoryModelTest, CachedStepsFillInWhatTheyKnow) {
    model.apply(resetTo({step(0, "a", TokenOrigin::Prompt), step(1, "b", TokenOrigin::Prompt)}));
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    StoryUpdate update;
    TokenStep cached = step(1, "b", TokenOrigin::Prompt);
    cached.laneNorms = {1.F, 2.F};
    cached.alternatives = {{TokenId(7), "c", 0.5F, 0.F}};
    cached.probability = 0.25F;
    cached.attention = std::make_shared<AttentionRow>();
    update.cached = {cached};
    model.apply(update);
    ASSERT_EQ(changes.size(), 1);
    EXPECT_EQ(changes[0][0].toModelIndex().row(), 1);
    EXPECT_TRUE(at(1, StoryModel::CachedRole).toBool());
    EXPECT_FALSE(at(0, StoryModel::CachedRole).toBool());
    EXPECT_FLOAT_EQ(at(1, StoryModel::ProbabilityRole).toFloat(), 0.25F);
    EXPECT_EQ(model.step(1).laneNorms.size(), 2U);
    EXPECT_NE(model.step(1).attention, nullptr);

    // A later, emptier report takes nothing away.
    update.cached = {step(1, "b", TokenOrigin::Prompt)};
    model.apply(update);
    EXPECT_EQ(model.step(1).laneNorms.size(), 2U);
    EXPECT_EQ(model.step(1).alternatives.size(), 1U);
}

TEST_F(StoryModelTest, UnknownPositionsAreIgnored) {
    model.apply(resetTo({step(0, "a"), step(1, "b")}));
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    StoryUpdate update;
    update.cached = {step(2, "c"), step(-1, "x"), step(1'000'000'000'000, "y")};
    model.apply(update);
    EXPECT_EQ(changes.size(), 0);
    EXPECT_EQ(model.rowCount(), 2);
    EXPECT_EQ(model.storyText(), QStringLiteral("ab"));
}

TEST_F(StoryModelTest, OneUpdateMayResetAppendAndCache) {
    StoryUpdate update = resetTo({step(0, "a", TokenOrigin::Prompt)});
    update.appended = {step(1, "b")};
    TokenStep cached = step(1, "b");
    cached.laneNorms = {3.F};
    update.cached = {cached};
    model.apply(update);
    EXPECT_EQ(model.storyText(), QStringLiteral("ab"));
    EXPECT_TRUE(at(1, StoryModel::CachedRole).toBool());
}

TEST_F(StoryModelTest, GoingOnKeepsWhatWasWrittenAndWhatIsKnown) {
    model.apply(resetTo({step(0, "a", TokenOrigin::Prompt)}));
    TokenStep written = step(1, "b");
    written.alternatives = {{TokenId(101), "b", 0.5F, 1.F}};
    written.probability = 0.5F;
    model.apply(appended({written}));
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset), inserts(&model, &QAbstractItemModel::rowsInserted);
    // The engine reads the story again as a prompt and adds what the person typed.
    model.apply(resetTo({step(0, "a", TokenOrigin::Prompt), step(1, "b", TokenOrigin::Prompt), step(2, "c", TokenOrigin::Prompt)}, 1));
    EXPECT_EQ(resets.size(), 0);
    EXPECT_EQ(inserts.size(), 1);
    EXPECT_EQ(model.storyText(), QStringLiteral("abc"));
    EXPECT_EQ(model.step(1).origin, TokenOrigin::Generated);
    EXPECT_EQ(model.step(1).alternatives.size(), 1U);
    EXPECT_TRUE(at(0, StoryModel::CachedRole).toBool());
    EXPECT_FALSE(at(1, StoryModel::CachedRole).toBool());
    EXPECT_EQ(model.step(2).origin, TokenOrigin::Prompt);
}

TEST_F(StoryModelTest, AnotherOrShorterStoryReplacesThisOne) {
    model.apply(resetTo({step(0, "a"), step(1, "b"), step(2, "c")}));
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.apply(resetTo({step(0, "a"), step(1, "b")}));
    EXPECT_EQ(model.storyText(), QStringLiteral("ab"));
    TokenStep other = step(1, "z");
    other.token = TokenId(7);
    model.apply(resetTo({step(0, "a"), other, step(2, "c")}));
    EXPECT_EQ(model.storyText(), QStringLiteral("azc"));
    EXPECT_EQ(resets.size(), 2);
    model.apply(resetTo({}));
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_EQ(model.storyText(), QString());
    model.clear();
    EXPECT_EQ(model.rowCount(), 0);
}

}  // namespace
}  // namespace loom::ui
