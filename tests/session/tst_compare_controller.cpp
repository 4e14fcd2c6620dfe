// SPDX-License-Identifier: GPL-3.0-or-later
// CompareController over the real engine behind a gate: play, step, pause, restart and swap at any moment.
#include "app/session/compare_controller.h"

#include <gtest/gtest.h>

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

#include "fake_engine.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/watched_engine.h"

namespace loom::session {
namespace {

class Compare : public ::testing::Test {
protected:
    void SetUp() override {
        qputenv("LATENTLOOM_CACHE", QByteArray::fromStdString((folder / "cache").string()));
        for (const auto& [name, family] : {std::pair{"full", Family::Llama}, std::pair{"latent", Family::DeepseekV3}}) {
            std::filesystem::create_directory(folder / name);
            test::writeTinyCheckpoint(folder / name, {.family = family, .context = 48});
        }
        controller = std::make_unique<CompareController>([this] {
            return std::make_unique<test::WatchedEngine>([this] {
                ++steps;
                gate->pass({}, false);
            });
        });
        QObject::connect(controller.get(), &CompareController::updated, controller.get(),
                         [this](const std::shared_ptr<const TwinUpdate>& u) {
                             for (const TwinTick& tick : u->ticks) {
                                 EXPECT_EQ(tick.number, std::ssize(ticks)) << "in order, none twice";
                                 for (const auto& token : tick.tokens) EXPECT_TRUE(!token || token->usedBytes > 0);
                                 ticks.push_back(tick);
                             }
                             caches = u->caches;
                         });
        QObject::connect(controller.get(), &CompareController::begun, controller.get(),
                         [this](const std::shared_ptr<const std::vector<TwinContestant>>& who) {
                             contestants = *who;
                             ticks.clear();
                         });
    }
    void TearDown() override {
        gate->openForAll();
        controller.reset();
    }
    template <class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 60000);
    }
    bool waitFor(TwinState state) {
        return wait([&] { return controller->state() == state; });
    }
    TwinWish wish(bool swapped = false) const {
        TwinWish wish;
        wish.choices = {{.path = (folder / "full").string()}, {.path = (folder / "latent").string()}};
        if (swapped) std::swap(wish.choices[0], wish.choices[1]);
        wish.prompt = "A kite";
        wish.seed = 5;
        return wish;
    }
    std::vector<std::int64_t> ids(std::size_t who) const {
        std::vector<std::int64_t> list;
        for (const TwinTick& tick : ticks) list.push_back(tick.tokens[who] ? tick.tokens[who]->token.value() : -1);
        return list;
    }

    test::TempFolder folder;
    std::unique_ptr<test::Gate> gate = std::make_unique<test::Gate>();
    std::atomic<std::int64_t> steps{0};
    std::unique_ptr<CompareController> controller;
    std::vector<TwinContestant> contestants;
    std::vector<TwinTick> ticks;
    std::vector<CacheUse> caches;
};

TEST_F(Compare, FromTheFirstTokenToTheLast) {
    gate->openForAll();
    QSignalSpy states(controller.get(), &CompareController::stateChanged);
    controller->begin(wish(), true);
    EXPECT_EQ(controller->state(), TwinState::Opening);
    ASSERT_TRUE(waitFor(TwinState::Ended));
    ASSERT_EQ(contestants.size(), 2U);
    EXPECT_EQ(contestants[0].name, "full");
    EXPECT_EQ(contestants[1].cache.form, CacheForm::Latent);
    EXPECT_GT(ticks.size(), 1U);
    EXPECT_LE(ticks.size(), 48U);
    for (const std::size_t who : {0U, 1U}) {
        EXPECT_EQ(caches[who].usedBytes(), contestants[who].cache.bytesPerToken() * caches[who].usedTokens);
    }
    ASSERT_EQ(states.size(), 4);
    controller->play();
    controller->step();
    EXPECT_EQ(controller->state(), TwinState::Ended) << "there is nothing left to write";
    controller->begin(wish(), true);
    const std::vector<std::int64_t> before = ids(0);
    ASSERT_TRUE(waitFor(TwinState::Ended));
    EXPECT_EQ(ids(0), before) << "the same seed writes the same";
}

TEST_F(Compare, PauseAndStepAtAnyMoment) {
    controller->begin(wish(), true);
    ASSERT_TRUE(waitFor(TwinState::Playing));
    gate->allow(5);  // both prompts, a step each, and one half of the next tick
    ASSERT_TRUE(wait([&] { return steps == 6; })) << "the sixth step waits";
    controller->pause();
    gate->allow(1);  // a step cannot be interrupted
    ASSERT_TRUE(waitFor(TwinState::Paused));
    ASSERT_EQ(ticks.size(), 2U) << "lock step: nobody wrote a third token";
    EXPECT_TRUE(ticks[1].tokens[0] && ticks[1].tokens[1]);
    gate->openForAll();
    controller->step();
    EXPECT_EQ(controller->state(), TwinState::Playing);
    ASSERT_TRUE(waitFor(TwinState::Paused));
    EXPECT_EQ(ticks.size(), 3U);
    EXPECT_EQ(steps, 6) << "what was computed before the pause is used";
    controller->step();
    controller->step();  // is busy: no second token
    ASSERT_TRUE(waitFor(TwinState::Paused));
    EXPECT_EQ(ticks.size(), 4U);
    controller->play();
    ASSERT_TRUE(waitFor(TwinState::Ended));
    const std::vector<std::int64_t> broken = ids(1);
    controller->begin(wish(), true);
    ASSERT_TRUE(waitFor(TwinState::Ended));
    EXPECT_EQ(ids(1), broken) << "pauses change no word";
}

TEST_F(Compare, RestartAndSwapWhileItPlays) {
    controller->begin(wish(), true);
    ASSERT_TRUE(waitFor(TwinState::Playing));
    gate->allow(7);
    ASSERT_TRUE(wait([&] { return steps == 8; }));
    controller->begin(wish(), false);
    gate->allow(1);
    ASSERT_TRUE(waitFor(TwinState::Paused));
    EXPECT_TRUE(ticks.empty()) << "a new story, and no late word of the old one";
    gate->openForAll();
    controller->step();
    ASSERT_TRUE(waitFor(TwinState::Paused));
    const TwinTick first = ticks.front();
    controller->begin(wish(/*swapped=*/true), false);
    ASSERT_TRUE(waitFor(TwinState::Paused));
    EXPECT_EQ(contestants[0].name, "latent");
    controller->step();
    ASSERT_TRUE(waitFor(TwinState::Paused));
    EXPECT_EQ(ticks.front().tokens[0]->token, first.tokens[1]->token);
    EXPECT_EQ(ticks.front().tokens[1]->token, first.tokens[0]->token);
}

TEST_F(Compare, AWaitBetweenStepsEndsAtOnce) {
    gate->openForAll();
    controller->setPace(1);
    controller->begin(wish(), true);
    ASSERT_TRUE(wait([&] { return ticks.size() == 1; })) << "shown before the wait";
    QElapsedTimer clock;
    clock.start();
    controller->pause();
    ASSERT_TRUE(waitFor(TwinState::Paused));
    EXPECT_EQ(ticks.size(), 1U);
    EXPECT_LT(clock.elapsed(), 900) << "not the second that it was waiting";
    controller->setPace(0);
    controller->play();
    EXPECT_TRUE(waitFor(TwinState::Ended));
}

TEST_F(Compare, AStartThatIsHeldBack) {
    controller->begin(wish(), true);
    controller->pause();
    ASSERT_TRUE(waitFor(TwinState::Paused));
    EXPECT_EQ(steps, 0);
}

TEST_F(Compare, WhatCannotBeOpened) {
    gate->openForAll();
    QSignalSpy failed(controller.get(), &CompareController::failed);
    TwinWish bad = wish();
    bad.choices[1].path = (folder / "missing").string();
    controller->begin(bad, true);
    ASSERT_TRUE(wait([&] { return !failed.isEmpty(); }));
    EXPECT_TRUE(failed[0][0].toString().contains(QStringLiteral("missing")));
    EXPECT_EQ(controller->state(), TwinState::Empty);
    controller->step();
    EXPECT_EQ(controller->state(), TwinState::Empty);
    bad = wish();
    bad.prompt = std::string(60, 'x');
    controller->begin(bad, true);
    ASSERT_TRUE(wait([&] { return failed.size() == 2; }));
    controller->begin(wish(), true);
    EXPECT_TRUE(waitFor(TwinState::Ended)) << "a failure ends nothing for good";
}

TEST_F(Compare, CloseGivesEverythingBack) {
    controller->begin(wish(), true);
    ASSERT_TRUE(waitFor(TwinState::Playing));
    gate->allow(3);
    ASSERT_TRUE(wait([&] { return steps == 4; }));
    EXPECT_NE(controller->lane().current, JobId{});
    controller->close();
    EXPECT_EQ(controller->state(), TwinState::Empty);
    EXPECT_EQ(controller->lane().current, JobId{});
    gate->openForAll();
    ASSERT_TRUE(wait([&] { return controller->lane().queued == 0; }));
    QTest::qWait(0);
    EXPECT_EQ(controller->state(), TwinState::Empty);
}

TEST_F(Compare, TimesAreMeasuredRememberedAndGivenUp) {
    const TimeAxes axes{{8, 16}, {1, 2}};
    QSignalSpy ended(controller.get(), &CompareController::measuringEnded);
    std::vector<std::shared_ptr<const TimeGrid>> grids;
    QObject::connect(controller.get(), &CompareController::timesChanged, controller.get(),
                     [&grids](const std::shared_ptr<const TimeGrid>& grid) { grids.push_back(grid); });
    controller->measureTimes(axes);
    EXPECT_FALSE(controller->isMeasuring()) << "there is nobody to measure";
    controller->begin(wish(), true);
    ASSERT_TRUE(waitFor(TwinState::Playing));
    gate->allow(2);
    ASSERT_TRUE(wait([&] { return steps == 3; }));
    controller->measureTimes(axes);
    EXPECT_EQ(controller->state(), TwinState::Paused) << "nothing is measured beside";
    EXPECT_TRUE(controller->isMeasuring());
    gate->allow(20);
    ASSERT_TRUE(wait([&] { return steps > 10; }));
    controller->cancelMeasuring();
    gate->openForAll();
    ASSERT_TRUE(wait([&] { return ended.size() == 1; }));
    EXPECT_FALSE(controller->isMeasuring());
    controller->measureTimes(axes);
    ASSERT_TRUE(wait([&] { return ended.size() == 2; }));
    ASSERT_TRUE(grids.back());
    EXPECT_EQ(grids.back()->measured(), 12U) << "both, and the latent naively";
    controller->measureTimes(axes);
    controller->play();  // whoever plays ends it
    EXPECT_FALSE(controller->isMeasuring());
    EXPECT_TRUE(waitFor(TwinState::Ended));
    EXPECT_EQ(ended.size(), 3);
    EXPECT_GT(ticks.size(), 1U);
}

TEST_F(Compare, DestroyedWhileItPlays) {
    controller->begin(wish(), true);
    ASSERT_TRUE(waitFor(TwinState::Playing));
    gate->allow(4);
    ASSERT_TRUE(wait([&] { return steps == 5; }));
    gate->allow(1);
    controller.reset();  // waits for the step that runs
    EXPECT_EQ(steps, 5);
}

}  // namespace
}  // namespace loom::session
