// SPDX-License-Identifier: GPL-3.0-or-later
// TrainCoalescer: at most ten updates a second, nothing lost, questions with the answers that make sense.
#include "app/session/train_coalescer.h"

#include <gtest/gtest.h>

#include <thread>

namespace loom::session {
namespace {

using namespace std::chrono_literals;

class Coalescer : public ::testing::Test {
protected:
    TrainCoalescer observer{"/runs/a",
                            {.send = [this](TrainUpdate&& update) { sent.push_back(std::move(update)); },
                             .ask =
                                 [this](const TrainQuestion& question) {
                                     asked.push_back(question);
                                     return answer;
                                 },
                             .now = [this] { return now; }}};
    void step(std::int64_t number) {
        TrainProgress progress;
        progress.point.step = number;
        progress.steps = 100;
        progress.secondsLeft = 5;
        observer.onStep(progress);
    }
    TrainCoalescer::Clock::time_point now{};
    std::vector<TrainUpdate> sent;
    std::vector<TrainQuestion> asked;
    TrainAnswer answer = TrainAnswer::GoOn;
};

TEST_F(Coalescer, TenUpdatesASecondAndNothingLost) {
    for (int i = 1; i <= 1000; ++i, now += 2ms) step(i);
    observer.finish();
    EXPECT_GE(sent.size(), 19U);
    EXPECT_LE(sent.size(), 22U);
    std::int64_t next = 1;
    for (const TrainUpdate& update : sent) {
        EXPECT_EQ(update.folder, "/runs/a");
        EXPECT_EQ(update.steps, 100);
        for (const TrainPoint& point : update.points) EXPECT_EQ(point.step, next++);
    }
    EXPECT_EQ(next, 1001);
    observer.finish();
    EXPECT_LE(sent.size(), 22U) << "nothing waits any more";
}

TEST_F(Coalescer, PhasesEndWithTheFirstStep) {
    observer.onPhase("encoding the stories", 3, 10);
    observer.onNote("a note");
    step(1);
    observer.onSamples({1, {{"Once", 5, 0.8, " upon"}}});
    observer.finish();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].phase, "encoding the stories");
    EXPECT_EQ(sent[0].phaseTotal, 10);
    EXPECT_TRUE(sent[1].phase.empty());
    EXPECT_EQ(sent[1].notes, std::vector<std::string>{"a note"});
    ASSERT_EQ(sent[1].stories.size(), 1U);
    EXPECT_EQ(sent[1].stories[0].stories[0].text, " upon");
    EXPECT_EQ(sent[1].stories[0].stories[0].seed, 5);
}

TEST_F(Coalescer, TwinsShareTheUpdatesOfASecond) {
    observer.setInterval(3 * kTrainInterval);
    for (int i = 1; i <= 1000; ++i, now += 2ms) step(i);
    observer.finish();
    EXPECT_GE(sent.size(), 6U);
    EXPECT_LE(sent.size(), 9U);
    EXPECT_EQ(sent.back().points.back().step, 1000);
}

TEST_F(Coalescer, AQuestionComesAfterWhatLedToIt) {
    step(1);
    step(2);
    answer = TrainAnswer::RollBack;
    EXPECT_EQ(observer.onPause({PauseCause::Outlier, Error{"The loss jumped", "/runs/a", "Go back"}, 3, 1}), PauseAnswer::RollBack);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[1].points[0].step, 2);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].text, "The loss jumped (/runs/a). Go back");
    EXPECT_EQ(asked[0].folder, "/runs/a");
    EXPECT_EQ(asked[0].answers, (std::vector{TrainAnswer::RollBack, TrainAnswer::GoOn, TrainAnswer::Stop}));
    EXPECT_EQ(questionOf({PauseCause::CannotWrite, {}, 1, 1}).answers, (std::vector{TrainAnswer::Retry, TrainAnswer::Stop}));
    EXPECT_EQ(questionOf({PauseCause::NotFinite, {}, 1, 1}).answers, (std::vector{TrainAnswer::RollBack, TrainAnswer::Stop}));
}

TEST(AnswerBox, AnswersOnceAndStopsWithItsRun) {
    AnswerBox box;
    std::stop_source stop;
    box.give(TrainAnswer::GoOn);
    box.clear();
    std::thread giver([&] { box.give(TrainAnswer::Retry); });
    EXPECT_EQ(box.wait(stop.get_token()), TrainAnswer::Retry) << "not the answer to an older question";
    giver.join();
    std::thread stopper([&] { stop.request_stop(); });
    EXPECT_EQ(box.wait(stop.get_token()), TrainAnswer::Stop);
    stopper.join();
}

}  // namespace
}  // namespace loom::session
