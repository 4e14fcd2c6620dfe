// SPDX-License-Identifier: GPL-3.0-or-later
// AlternativesPopup: never over the line, never outside the page, and it explains itself.
#include <gtest/gtest.h>

#include "tests/widgets/story_samples.h"
#include "widgets/itemmodels/alternatives_model.h"
#include "widgets/write/alternatives_popup.h"

namespace loom::ui {
namespace {

using samples::token;
constexpr QSize kSize(200, 100);
const QRect kBounds(0, 0, 800, 600);

TEST(PopupPlace, BelowWhereThereIsRoom) {
    const QRect place = popupPlace(kSize, QRect(100, 100, 40, 20), kBounds);
    EXPECT_GT(place.top(), 119);
    EXPECT_EQ(place.left(), 100);
    EXPECT_EQ(place.size(), kSize);
}

TEST(PopupPlace, FlipsAboveAtTheBottomAndStaysInsideAtTheRight) {
    const QRect anchor(780, 560, 15, 20);
    const QRect place = popupPlace(kSize, anchor, kBounds);
    EXPECT_LT(place.bottom(), anchor.top());
    EXPECT_TRUE(kBounds.contains(place));
    EXPECT_TRUE(kBounds.contains(popupPlace(kSize, QRect(-50, 10, 40, 20), kBounds)));
}

TEST(PopupPlace, NeverCoversTheLineWhereverItIs) {
    for (int y = 0; y <= 580; y += 7)
        for (int x = -30; x <= 800; x += 83) {
            const QRect anchor(x, y, 40, 20);
            const QRect place = popupPlace(kSize, anchor, kBounds);
            EXPECT_FALSE(place.intersects(QRect(kBounds.left(), anchor.top(), kBounds.width(), anchor.height()))) << x << ' ' << y;
            EXPECT_TRUE(kBounds.contains(place)) << x << ' ' << y;
        }
}

struct PopupTest : ::testing::Test {
    QWidget page;
    AlternativesPopup popup{&page};
    const QRect anchor{100, 100, 40, 20};
    void SetUp() override {
        page.resize(800, 600);
        page.show();
    }
};

TEST_F(PopupTest, AWordReadAgainShowsOnlyWhatIsExpectedNow) {
    TokenStep step = token(5, " dog");
    step.reread = true;
    popup.showStep(step, QStringLiteral("She had a brave"), anchor);
    EXPECT_TRUE(popup.explanation().contains(QStringLiteral("read the story again"))) << popup.explanation().toStdString();
    EXPECT_FALSE(popup.accessibleDescription().contains(QStringLiteral("removed"))) << "no sampler was at work";
}

TEST_F(PopupTest, GeneratedTokenShowsBeforeAndAfter) {
    popup.showStep(token(5, " dog"), QStringLiteral("She had a brave"), anchor);
    EXPECT_TRUE(popup.isVisible());
    EXPECT_EQ(popup.model().rowCount(), 3);
    EXPECT_EQ(popup.title(), QString::fromUtf8("after “had a brave”"));
    EXPECT_TRUE(popup.explanation().contains(QString::fromUtf8("before → after")));
    EXPECT_TRUE(popup.accessibleDescription().contains(QStringLiteral("removed")));
    EXPECT_FALSE(popup.grab().isNull());
}

TEST_F(PopupTest, PromptTokenSaysWhoWroteIt) {
    TokenStep own = token(2, " upon", TokenOrigin::Prompt);
    popup.showStep(own, QStringLiteral("Once"), anchor);
    EXPECT_TRUE(popup.explanation().startsWith(QStringLiteral("You wrote")));
    const int small = popup.height();
    own.alternatives = {{TokenId(1), " a", 0.9F, 0.F}};
    own.probability = 0.003F;
    popup.showStep(own, QStringLiteral("Once"), anchor);
    EXPECT_TRUE(popup.explanation().contains(QStringLiteral("network expected")));
    EXPECT_GT(popup.height(), small);
    popup.showStep(token(0, "<s>", TokenOrigin::Special), {}, anchor);
    EXPECT_EQ(popup.title(), QStringLiteral("at the beginning"));
    EXPECT_FALSE(popup.grab().isNull());
}

}  // namespace
}  // namespace loom::ui
