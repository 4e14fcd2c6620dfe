// SPDX-License-Identifier: GPL-3.0-or-later
// Tour: its place beside the target, its keys, and that it ends once.
#include "widgets/common/tour.h"

#include <gtest/gtest.h>

#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

namespace loom::ui {
namespace {

TEST(TourPlace, IsBesideTheTargetAndInsideTheWindow) {
    const QRect bounds(8, 8, 1264, 704);
    const QSize size(360, 150);
    for (const QRect& target : {QRect(100, 20, 300, 30), QRect(100, 690, 300, 30), QRect(0, 60, 72, 640), QRect(1100, 60, 170, 640),
                                QRect(1270, 710, 8, 8), QRect(300, 200, 400, 300)}) {
        const QRect place = tourPlace(size, target, bounds);
        EXPECT_EQ(place.size(), size);
        EXPECT_TRUE(bounds.contains(place)) << target.x() << ',' << target.y();
        EXPECT_FALSE(place.intersects(target)) << target.x() << ',' << target.y();
    }
    EXPECT_TRUE(bounds.contains(tourPlace(size, QRect(0, 0, 1280, 720), bounds)));
    EXPECT_EQ(tourPlace(QSize(2000, 900), QRect(10, 10, 20, 20), bounds).topLeft(), bounds.topLeft());
}

struct TourTest : ::testing::Test {
    QWidget window;
    QWidget first{&window}, second{&window}, hidden{&window};
    QPointer<Tour> tour;
    int ended = 0;

    void SetUp() override {
        window.resize(900, 600);
        first.setGeometry(20, 20, 200, 40);
        second.setGeometry(500, 540, 200, 40);
        hidden.hide();
        window.show();
        hidden.hide();
        window.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
        tour = new Tour({{&first, QStringLiteral("One"), QStringLiteral("Text.")},
                         {&hidden, QStringLiteral("Never"), QStringLiteral("Text.")},
                         {&second, QStringLiteral("Two"), QStringLiteral("Text.")},
                         {&first, QStringLiteral("Three"), QStringLiteral("Text.")}},
                        &window);
        QObject::connect(tour, &Tour::ended, &window, [this] { ++ended; });
        tour->start();
    }
};

TEST_F(TourTest, GoesThroughWhatCanBeSeen) {
    ASSERT_EQ(tour->steps(), 3);
    EXPECT_EQ(tour->title(), QStringLiteral("One"));
    EXPECT_FALSE(tour->backButton()->isEnabled());
    EXPECT_FALSE(tour->geometry().intersects(first.geometry()));
    QTest::mouseClick(tour->nextButton(), Qt::LeftButton);
    EXPECT_EQ(tour->title(), QStringLiteral("Two"));
    EXPECT_FALSE(tour->geometry().intersects(second.geometry()));
    QTest::mouseClick(tour->backButton(), Qt::LeftButton);
    EXPECT_EQ(tour->step(), 0);
    tour->next();
    tour->next();
    EXPECT_EQ(tour->nextButton()->text(), QStringLiteral("Done"));
    EXPECT_FALSE(window.grab().isNull());
    tour->next();
    EXPECT_EQ(ended, 1);
    ASSERT_TRUE(QTest::qWaitFor([&] { return !tour; }));
    EXPECT_EQ(window.findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly).size(), 3) << "nothing stays behind";
}

TEST_F(TourTest, GoesByKeyboard) {
    EXPECT_EQ(QApplication::focusWidget(), tour->nextButton());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
    EXPECT_EQ(tour->step(), 1);
    QTest::keyClick(tour, Qt::Key_Right);
    EXPECT_EQ(tour->step(), 2);
    QTest::keyClick(tour, Qt::Key_Left);
    EXPECT_EQ(tour->step(), 1);
    QTest::keyClick(&window, Qt::Key_Escape);
    EXPECT_EQ(ended, 1);
    ASSERT_TRUE(QTest::qWaitFor([&] { return !tour; }));
}

TEST_F(TourTest, FollowsItsTarget) {
    const QRect before = tour->geometry();
    first.move(400, 300);
    ASSERT_TRUE(QTest::qWaitFor([&] { return tour->geometry() != before; }));
    EXPECT_FALSE(tour->geometry().intersects(first.geometry()));
}

TEST_F(TourTest, CanBeSkipped) {
    QTest::mouseClick(tour->skipButton(), Qt::LeftButton);
    EXPECT_EQ(ended, 1);
    EXPECT_FALSE(tour && tour->isVisible());
}

}  // namespace
}  // namespace loom::ui
