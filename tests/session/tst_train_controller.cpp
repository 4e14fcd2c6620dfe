// SPDX-License-Identifier: GPL-3.0-or-later
// TrainController over a backend made of gates: one run at a time, questions, stops, plans that replace each other.
#include "app/session/train_controller.h"

#include <map>

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "app/session/thread_priority.h"
#include "fake_training.h"

namespace loom::session {
namespace {

class Training : public ::testing::Test {
protected:
    void SetUp() override {
        controller = std::make_unique<TrainController>([this] { return test::makeFakeTraining(script); });
        QObject::connect(controller.get(), &TrainController::updated, controller.get(),
                         [this](const std::shared_ptr<const TrainUpdate>& u) {
                             for (const TrainPoint& point : u->points) steps.push_back(point.step);
                             stories += std::ssize(u->stories);
                         });
    }
    void TearDown() override {
        controller.reset();
        EXPECT_TRUE(script->gone);
    }
    template <class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 60000);
    }
    static TrainSetup named(const char* name) {
        TrainSetup setup;
        setup.name = name;
        return setup;
    }

    std::shared_ptr<test::TrainScript> script = std::make_shared<test::TrainScript>();
    std::unique_ptr<TrainController> controller;
    std::vector<std::int64_t> steps;
    std::int64_t stories = 0;
};

TEST_F(Training, ARunFromTheFirstStepToTheLast) {
    QSignalSpy started(controller.get(), &TrainController::started), ended(controller.get(), &TrainController::ended);
    QSignalSpy listed(controller.get(), &TrainController::runsListed);
    EXPECT_EQ(controller->start(named("kite")), QStringLiteral("/runs/kite"));
    EXPECT_EQ(started.size(), 1);
    EXPECT_TRUE(controller->isTraining());
    ASSERT_TRUE(wait([&] { return !ended.isEmpty(); }));
    EXPECT_FALSE(controller->isTraining());
    const auto end = ended[0][0].value<std::shared_ptr<const TrainEnd>>();
    EXPECT_EQ(end->step, 40);
    EXPECT_FALSE(end->stopped);
    ASSERT_EQ(steps.size(), 40U);
    EXPECT_EQ(steps.back(), 40);
    EXPECT_EQ(stories, 4);
    EXPECT_EQ(script->setups.size(), 1U);
    EXPECT_TRUE(wait([&] { return !listed.isEmpty(); })) << "the list knows the run now";
}

TEST_F(Training, OneRunAtATimeAtALowerPriority) {
    script->stepsWait = true;
    QSignalSpy ended(controller.get(), &TrainController::ended);
    ASSERT_FALSE(controller->start(named("a")).isEmpty());
    EXPECT_TRUE(controller->start(named("b")).isEmpty());
    controller->resume(QStringLiteral("/runs/c"));
    EXPECT_EQ(controller->folder(), QStringLiteral("/runs/a"));
    ASSERT_TRUE(wait([&] { return script->nice >= 0; }));
    const std::vector<LaneState> lanes = controller->lanes();
    ASSERT_EQ(lanes.size(), 3U);
    EXPECT_EQ(lanes[0].name, "training");
    EXPECT_NE(lanes[0].current, JobId{});
    EXPECT_EQ(lanes[0].queued, 0);
    EXPECT_EQ(lanes[2].current, JobId{}) << "nothing is measured beside a run";
#ifdef __linux__
    EXPECT_GT(script->nice, niceOfThisThread()) << "writing goes first";
    EXPECT_LT(niceOfThisThread(), 15) << "the window's thread is as it was";
#endif
    script->step.openForAll();
    ASSERT_TRUE(wait([&] { return !ended.isEmpty(); }));
    EXPECT_EQ(script->setups.size(), 1U);
    EXPECT_TRUE(script->resumed.empty());
}

TEST_F(Training, StopThenResume) {
    script->stepsWait = true;
    QSignalSpy ended(controller.get(), &TrainController::ended);
    controller->start(named("a"));
    script->step.allow(7);
    ASSERT_TRUE(wait([&] { return script->done == 7; }));
    controller->stop();
    ASSERT_TRUE(wait([&] { return !ended.isEmpty(); }));
    EXPECT_TRUE(ended[0][0].value<std::shared_ptr<const TrainEnd>>()->stopped);
    ASSERT_EQ(steps.size(), 7U);
    script->step.openForAll();
    controller->resume(QStringLiteral("/runs/a"));
    ASSERT_TRUE(wait([&] { return ended.size() == 2; }));
    EXPECT_EQ(script->resumed, std::vector<std::string>{"/runs/a"});
    EXPECT_EQ(steps.size(), 40U);
    EXPECT_EQ(steps.back(), 40);
}

TEST_F(Training, AQuestionWaitsWithoutTheWindow) {
    script->askAtStep = 5;
    QSignalSpy asked(controller.get(), &TrainController::asked), ended(controller.get(), &TrainController::ended);
    QSignalSpy listed(controller.get(), &TrainController::runsListed);
    controller->start(named("a"));
    ASSERT_TRUE(wait([&] { return !asked.isEmpty(); }));
    const auto question = asked[0][0].value<std::shared_ptr<const TrainQuestion>>();
    EXPECT_EQ(question->step, 5);
    EXPECT_EQ(question->saved, 4);
    EXPECT_EQ(steps.size(), 4U) << "the curve up to the question is there";
    controller->refreshRuns();
    EXPECT_TRUE(wait([&] { return !listed.isEmpty(); })) << "the other lanes go on";
    EXPECT_TRUE(script->answers.empty());
    controller->answer(TrainAnswer::GoOn);
    ASSERT_TRUE(wait([&] { return !ended.isEmpty(); }));
    EXPECT_EQ(script->answers, std::vector{TrainAnswer::GoOn});
}

TEST_F(Training, TwinsAreOneJobWithReportsOfEach) {
    QSignalSpy started(controller.get(), &TrainController::started), ended(controller.get(), &TrainController::ended);
    QSignalSpy asked(controller.get(), &TrainController::asked);
    std::map<std::string, std::vector<std::int64_t>> of;
    std::map<std::string, std::string> phases;
    QObject::connect(controller.get(), &TrainController::updated, controller.get(), [&](const std::shared_ptr<const TrainUpdate>& u) {
        for (const TrainPoint& point : u->points) of[u->folder].push_back(point.step);
        if (!u->phase.empty()) phases[u->folder] = u->phase;
    });
    script->askAtStep = 4;
    TrainSetup setup = named("pair");
    setup.twins = {"mha", "mla"};
    const QStringList runs{QStringLiteral("/runs/pair/mha"), QStringLiteral("/runs/pair/mla")};
    EXPECT_EQ(controller->start(setup), QStringLiteral("/runs/pair"));
    EXPECT_EQ(started[0][1].toStringList(), runs);
    EXPECT_EQ(controller->runs(), runs);
    ASSERT_TRUE(wait([&] { return !asked.isEmpty(); }));
    EXPECT_EQ(asked[0][0].value<std::shared_ptr<const TrainQuestion>>()->folder, "/runs/pair/mla");
    controller->answer(TrainAnswer::GoOn);
    ASSERT_TRUE(wait([&] { return !ended.isEmpty(); }));
    EXPECT_TRUE(controller->runs().isEmpty());
    const auto end = ended[0][0].value<std::shared_ptr<const TrainEnd>>();
    EXPECT_EQ(end->folder, "/runs/pair");
    EXPECT_EQ(end->twins, 2);
    EXPECT_EQ(end->step, 40);
    EXPECT_EQ(phases.count("/runs/pair"), 1U);
    for (const char* run : {"/runs/pair/mha", "/runs/pair/mla"}) {
        ASSERT_EQ(of[run].size(), 40U) << run;
        EXPECT_EQ(of[run].back(), 40);
    }
}

TEST_F(Training, AGroupIsResumedWhole) {
    script->stepsWait = true;
    QSignalSpy started(controller.get(), &TrainController::started), ended(controller.get(), &TrainController::ended);
    controller->resume(QStringLiteral("/runs/group"));
    EXPECT_EQ(started[0][1].toStringList(), (QStringList{QStringLiteral("/runs/group/mha"), QStringLiteral("/runs/group/mla")}));
    script->step.allow(5);
    ASSERT_TRUE(wait([&] { return script->done == 5; }));
    controller->stop();
    ASSERT_TRUE(wait([&] { return !ended.isEmpty(); }));
    const auto end = ended[0][0].value<std::shared_ptr<const TrainEnd>>();
    EXPECT_TRUE(end->stopped);
    EXPECT_EQ(end->step, 2) << "that of the twin that is furthest behind";
}

TEST_F(Training, AnErrorEndsTheRunAndIsSaidOnce) {
    script->failAtStep = 3;
    QSignalSpy failed(controller.get(), &TrainController::trainingFailed), ended(controller.get(), &TrainController::ended);
    controller->start(named("a"));
    ASSERT_TRUE(wait([&] { return !failed.isEmpty(); }));
    EXPECT_EQ(failed[0][0].toString(), QStringLiteral("/runs/a"));
    EXPECT_EQ(failed[0][1].toString(), QStringLiteral("The disk is gone (/runs/a). Put it back"));
    EXPECT_FALSE(controller->isTraining());
    EXPECT_TRUE(ended.isEmpty());
    EXPECT_EQ(steps.size(), 2U);
}

TEST_F(Training, ClosingInTheMiddleIsSafe) {
    for (int round = 0; round < 4; ++round) {
        script->askAtStep = round == 3 ? 2 : -1;
        script->stepsWait = round < 3;
        QSignalSpy asked(controller.get(), &TrainController::asked);
        controller->start(named("a"));
        if (round == 1) script->step.allow(3);
        controller->plan(named("b"));
        controller->refreshRuns();
        if (round == 3) {
            ASSERT_TRUE(wait([&] { return !asked.isEmpty(); }));
        }
        controller.reset();
        EXPECT_TRUE(script->gone);
        script = std::make_shared<test::TrainScript>();
        SetUp();
    }
}

TEST_F(Training, ALaterPlanReplacesAnEarlierOne) {
    script->plansWait = true;
    QSignalSpy planned(controller.get(), &TrainController::planned), measuring(controller.get(), &TrainController::measuring);
    TrainSetup setup;
    setup.shape.width = 100;
    controller->plan(setup);
    ASSERT_TRUE(wait([&] { return planned.size() == 1 && measuring.size() == 1; }));
    EXPECT_FALSE(planned[0][1].toBool()) << "what the shapes say comes at once";
    setup.shape.width = 200;
    controller->plan(setup);
    ASSERT_TRUE(wait([&] { return script->plans == 2; }));
    script->plan.openForAll();
    ASSERT_TRUE(wait([&] { return planned.size() == 3; }));
    EXPECT_EQ(planned[1][0].value<std::shared_ptr<const TrainingPlan>>()->parameters, 200);
    EXPECT_TRUE(planned[2][1].toBool());
    QSignalSpy problem(controller.get(), &TrainController::planFailed);
    setup.tokenizer = "bad";
    controller->plan(setup);
    ASSERT_TRUE(wait([&] { return !problem.isEmpty(); }));
    EXPECT_EQ(problem[0][0].toString(), QStringLiteral("No tokenizer (bad)"));
}

TEST_F(Training, RunsAreKept) {
    QSignalSpy listed(controller.get(), &TrainController::runsListed), said(controller.get(), &TrainController::said);
    QSignalSpy failed(controller.get(), &TrainController::failed), read(controller.get(), &TrainController::runRead);
    controller->rename(QStringLiteral("/runs/a"), QStringLiteral("kite"));
    controller->setNotes(QStringLiteral("/runs/a"), QStringLiteral("good"));
    controller->moveToTrash(QStringLiteral("/runs/b"));
    controller->exportRuns({QStringLiteral("/runs/a")}, QStringLiteral("/tmp/x.csv"));
    controller->readRun(QStringLiteral("/runs/a"));
    ASSERT_TRUE(wait([&] { return !read.isEmpty() && said.size() == 2 && !listed.isEmpty(); }));
    EXPECT_EQ(script->calls,
              (std::vector<std::string>{"rename /runs/a kite", "notes /runs/a good", "trash /runs/b", "export 1 /tmp/x.csv"}));
    EXPECT_TRUE(said[0][0].toString().contains(QStringLiteral("/runs/.trash/x")));
    controller->rename(QStringLiteral("/runs/a"), QStringLiteral("bad"));
    ASSERT_TRUE(wait([&] { return !failed.isEmpty(); }));
}

TEST_F(Training, StoriesAreLookedAt) {
    QSignalSpy looked(controller.get(), &TrainController::looked), failed(controller.get(), &TrainController::lookFailed);
    controller->look({});
    ASSERT_TRUE(wait([&] { return !looked.isEmpty(); }));
    TrainSetup bad;
    bad.stories = "/bad.txt";
    controller->look(bad);
    ASSERT_TRUE(wait([&] { return !failed.isEmpty(); }));
    EXPECT_EQ(failed[0][0].toString(), QStringLiteral("The file is empty (/bad.txt)"));
}

}  // namespace
}  // namespace loom::session
