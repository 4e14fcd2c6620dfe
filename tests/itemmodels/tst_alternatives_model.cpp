// SPDX-License-Identifier: GPL-3.0-or-later
// AlternativesModel and the number formatting it uses.
#include <limits>

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>

#include "widgets/common/number_format.h"
#include "widgets/itemmodels/alternatives_model.h"

namespace loom::ui {
namespace {

const QLocale kEnglish(QLocale::English, QLocale::UnitedStates);

QString plain(QString text) { return text.replace(QChar(0x202F), QLatin1Char(' ')); }

TokenStep sampled() {
    TokenStep s;
    s.token = TokenId(2);
    s.origin = TokenOrigin::Generated;
    s.alternatives = {{TokenId(1), " dog", 0.41F, 0.52F}, {TokenId(2), "\n", 0.04F, 0.05F}, {TokenId(3), "\xF0\x9F\xAA\x81", 0.0004F, 0.F}};
    return s;
}

struct AlternativesModelTest : ::testing::Test {
    AlternativesModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
    QString text(int row, int column) const { return plain(model.index(row, column).data().toString()); }
};

TEST_F(AlternativesModelTest, EmptyAndCleared) {
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_EQ(model.columnCount(), 3);
    model.setStep(sampled());
    EXPECT_EQ(model.rowCount(), 3);
    EXPECT_FALSE(model.data(model.index(3, 0), Qt::DisplayRole).isValid());
    EXPECT_FALSE(model.data(model.index(0, 3), Qt::DisplayRole).isValid());
    model.clear();
    EXPECT_EQ(model.rowCount(), 0);
    model.setStep({});
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(AlternativesModelTest, ShowsWordsBeforeAndAfter) {
    model.setStep(sampled());
    EXPECT_EQ(text(0, AlternativesModel::WordColumn), QString::fromUtf8("·dog"));
    EXPECT_EQ(text(1, AlternativesModel::WordColumn), QString::fromUtf8("↵"));
    EXPECT_EQ(text(2, AlternativesModel::WordColumn), QString::fromUtf8("🪁"));
    EXPECT_EQ(text(0, AlternativesModel::BeforeColumn), QStringLiteral("41 %"));
    EXPECT_EQ(text(0, AlternativesModel::AfterColumn), QStringLiteral("52 %"));
    EXPECT_EQ(text(2, AlternativesModel::BeforeColumn), QStringLiteral("<0.1 %"));
    EXPECT_EQ(text(2, AlternativesModel::AfterColumn), QStringLiteral("removed"));
    EXPECT_FALSE(model.index(0, 0).data(AlternativesModel::ChosenRole).toBool());
    EXPECT_TRUE(model.index(1, 0).data(AlternativesModel::ChosenRole).toBool());
    EXPECT_EQ(model.headerData(2, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("After"));
}

TEST_F(AlternativesModelTest, PromptTokensHaveNoAfter) {
    TokenStep s = sampled();
    s.origin = TokenOrigin::Prompt;
    model.setStep(s);
    EXPECT_EQ(text(0, AlternativesModel::AfterColumn), QString());
    EXPECT_FALSE(model.index(0, 0).data(AlternativesModel::AfterRole).isValid());
}

TEST(NumberFormat, BytesInDecimalUnits) {
    EXPECT_EQ(plain(formatBytes(0, kEnglish)), QStringLiteral("0 B"));
    EXPECT_EQ(plain(formatBytes(999, kEnglish)), QStringLiteral("999 B"));
    EXPECT_EQ(plain(formatBytes(1000, kEnglish)), QStringLiteral("1.00 kB"));
    EXPECT_EQ(plain(formatBytes(325'632, kEnglish)), QStringLiteral("326 kB"));
    EXPECT_EQ(plain(formatBytes(63'200'000, kEnglish)), QStringLiteral("63.2 MB"));
    EXPECT_EQ(plain(formatBytes(999'499, kEnglish)), QStringLiteral("999 kB"));
    EXPECT_EQ(plain(formatBytes(999'999, kEnglish)), QStringLiteral("1.00 MB"));
    EXPECT_EQ(plain(formatBytes(9'999'999, kEnglish)), QStringLiteral("10.0 MB"));
    EXPECT_EQ(plain(formatBytes(INT64_MAX, kEnglish)), QStringLiteral("9.22 EB"));
    EXPECT_EQ(plain(formatBytesExact(325'632, kEnglish)), QStringLiteral("325,632 B"));
}

TEST(NumberFormat, CountsFollowTheLocale) {
    EXPECT_EQ(formatCount(1'152, kEnglish), QStringLiteral("1,152"));
    EXPECT_EQ(formatCount(1'152, QLocale::c()), QStringLiteral("1,152"));
    EXPECT_EQ(formatCount(1'234'567, QLocale(QLocale::French)), QStringLiteral("1\u202F234\u202F567"));
    EXPECT_EQ(formatCount(1'152, QLocale(QLocale::German)), QStringLiteral("1.152"));
}

TEST(NumberFormat, PercentAndRate) {
    EXPECT_EQ(plain(formatPercent(1, kEnglish)), QStringLiteral("100 %"));
    EXPECT_EQ(plain(formatPercent(0.0996, kEnglish)), QStringLiteral("10 %"));
    EXPECT_EQ(plain(formatPercent(0.041, kEnglish)), QStringLiteral("4.1 %"));
    EXPECT_EQ(plain(formatPercent(0, kEnglish)), QStringLiteral("0 %"));
    EXPECT_EQ(plain(formatRate(412.4, kEnglish)), QStringLiteral("412 tok/s"));
    EXPECT_EQ(plain(formatRate(4.16, kEnglish)), QStringLiteral("4.2 tok/s"));
    EXPECT_EQ(formatRate(0, kEnglish), QString());
    EXPECT_EQ(formatRate(std::numeric_limits<double>::quiet_NaN(), kEnglish), QString());
}

TEST(NumberFormat, ControlCharactersBecomeVisible) {
    EXPECT_EQ(visibleText(QStringLiteral(" a\t\n\x01")), QString::fromUtf8("·a⇥↵\\x01"));
    EXPECT_EQ(visibleText({}), QString());
}

}  // namespace
}  // namespace loom::ui
