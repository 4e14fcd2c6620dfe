// SPDX-License-Identifier: GPL-3.0-or-later
// TeamWatch: a team whose threads are displaced is sent home, and asked again later.
#include <gtest/gtest.h>

#include "core/engine/decode/team_watch.h"

namespace loom::decode {
namespace {

using Time = TeamWatch::Time;
constexpr Time kFast{0.001}, kDisplaced{0.03}, kAlone{0.0015};

/// How many steps go by alone until the team is asked again.
int alone(TeamWatch& watch) {
    int steps = 0;
    for (; !watch.together() && steps < 10000; ++steps) watch.took(kAlone, false);
    return steps;
}

TEST(TeamWatch, aTeamThatHelpsStays) {
    TeamWatch watch;
    watch.setAlone(kAlone);
    for (int i = 0; i < 1000; ++i) {
        watch.took(kFast, true);
        ASSERT_TRUE(watch.together());
    }
    watch.took(kDisplaced, true);
    EXPECT_TRUE(watch.together()) << "once is chance";
}

TEST(TeamWatch, aDisplacedTeamIsSentHomeForEverLongerAndForgiven) {
    TeamWatch watch;
    watch.setAlone(kAlone);
    int last = 0;
    for (int round = 0; round < 4; ++round) {
        watch.took(kDisplaced, true);
        EXPECT_TRUE(watch.together());
        watch.took(kDisplaced, true);
        EXPECT_FALSE(watch.together());
        const int steps = alone(watch);
        EXPECT_GT(steps, last);
        last = steps;
    }
    for (int i = 0; i < 40; ++i) {
        watch.took(kDisplaced, true);
        watch.took(kDisplaced, true);
        EXPECT_LE(alone(watch), 1024);
    }
    for (int i = 0; i < 300; ++i) watch.took(kFast, true);
    watch.took(kDisplaced, true);
    watch.took(kDisplaced, true);
    EXPECT_EQ(alone(watch), 32) << "long good work is not forgotten";
}

TEST(TeamWatch, stepsThatGrowWithTheTextAreNotSlow) {
    TeamWatch watch;
    Time time = kFast;
    for (int i = 0; i < 2000; ++i, time *= 1.005) {  // ten thousand times as long in the end
        watch.took(time, true);
        ASSERT_TRUE(watch.together()) << i;
    }
}

TEST(TeamWatch, knowsNothingWithoutAMeasurement) {
    TeamWatch watch;
    watch.took(kDisplaced, true);
    watch.took(kDisplaced, true);
    EXPECT_TRUE(watch.together());
    watch.took(kFast, true);
    watch.took(kDisplaced, true);
    watch.took(kDisplaced, true);
    EXPECT_FALSE(watch.together()) << "now it has seen better";
}

}  // namespace
}  // namespace loom::decode
