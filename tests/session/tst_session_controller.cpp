// SPDX-License-Identifier: GPL-3.0-or-later
// SessionController with a fake engine: stopping, dropping, failing, shutting down.
#include <gtest/gtest.h>

#include <QFileInfo>
#include <QSignalSpy>
#include <QTest>

#include "app/session/session_controller.h"
#include "fake_engine.h"

namespace loom::session {
namespace {

using test::Script;

class Controller : public ::testing::Test {
protected:
    void make() {
        controller = std::make_unique<SessionController>([this] { return test::makeFakeEngine(script); });
        QObject::connect(controller.get(), &SessionController::storyUpdated, controller.get(),
                         [this](const std::shared_ptr<const StoryUpdate>& update) {
                             updates.push_back(update);
                             if (update->reset) {
                                 text.clear();
                                 count = 0;
                                 for (const TokenStep& step : *update->reset) add(step);
                             }
                             for (const TokenStep& step : update->appended) add(step);
                         });
        QObject::connect(controller.get(), &SessionController::finished, controller.get(),
                         [this](const std::shared_ptr<const GenerateSummary>& summary) { summaries.push_back(summary); });
        QObject::connect(controller.get(), &SessionController::failed, controller.get(),
                         [this](JobId job, const QString& message) { failures.emplace_back(job, message.toStdString()); });
        QObject::connect(
            controller.get(), &SessionController::opened, controller.get(),
            [this](const std::shared_ptr<const ModelSummary>& model, const std::shared_ptr<const CacheUse>&) { models.push_back(model); });
        QObject::connect(controller.get(), &SessionController::attentionReady, controller.get(),
                         [this](const std::shared_ptr<const AttentionMap>& map) { maps.push_back(map); });
    }
    void SetUp() override { make(); }
    void TearDown() override {
        controller.reset();
        EXPECT_EQ(script->sessions, 0);
        EXPECT_FALSE(script->orderBroken);
    }
    void add(const TokenStep& step) {
        text += step.text;
        ++count;
    }
    template <class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 20000);
    }
    void openModel(const char* name = "/models/good") {
        const std::size_t before = models.size();
        controller->open(QString::fromLatin1(name));
        ASSERT_TRUE(wait([&] { return models.size() > before; }));
    }
    static GenerateRequest ask(std::int64_t tokens, std::string prompt = {}) {
        GenerateRequest request;
        request.maxTokens = tokens;
        request.prompt = std::move(prompt);
        return request;
    }
    bool writeAll(std::int64_t tokens, std::string prompt = {}) {
        const std::size_t before = summaries.size();
        controller->write(ask(tokens, std::move(prompt)));
        return wait([&] { return summaries.size() > before; });
    }

    std::shared_ptr<Script> script = std::make_shared<Script>();
    std::unique_ptr<SessionController> controller;
    std::vector<std::shared_ptr<const StoryUpdate>> updates;
    std::vector<std::shared_ptr<const GenerateSummary>> summaries;
    std::vector<std::shared_ptr<const ModelSummary>> models;
    std::vector<std::shared_ptr<const AttentionMap>> maps;
    std::vector<std::pair<JobId, std::string>> failures;
    std::string text;
    std::int64_t count = 0;
};

TEST_F(Controller, WritesAStoryWithoutLosingAWord) {
    openModel();
    ASSERT_TRUE(writeAll(3000, "Hi"));
    std::string expected = "Hi";
    for (int n = 0; n < 3000; ++n) expected.append(" w").append(std::to_string(n));
    EXPECT_EQ(text, expected);
    EXPECT_EQ(controller->storyTokens().size(), 3003U);
    EXPECT_EQ(summaries.front()->stopReason, StopReason::MaxTokens);
    EXPECT_EQ(updates.back()->cache.usedTokens, 3003);
    EXPECT_TRUE(failures.empty());
}

TEST_F(Controller, WithoutAModelNothingIsWritten) {
    EXPECT_EQ(controller->write(ask(5)), JobId{});
    EXPECT_EQ(controller->inspectAttention(LayerIndex{0}), JobId{});
    EXPECT_FALSE(controller->isWriting());
    EXPECT_FALSE(controller->canWrite());
    EXPECT_EQ(controller->inspectableTokens(), 0);
}

TEST_F(Controller, StopTakesEffectWithinOneToken) {
    script->tokensWait = true;
    script->deafToken = true;
    openModel();
    controller->write(ask(1000));
    script->token.allow(3);
    ASSERT_TRUE(wait([&] { return script->tokens == 3; }));
    controller->stop();
    script->token.openForAll();
    ASSERT_TRUE(wait([&] { return !summaries.empty(); }));
    EXPECT_LE(script->tokens, 4);
    EXPECT_EQ(summaries.front()->stopReason, StopReason::Cancelled);
    EXPECT_EQ(count, 1 + script->tokens);
    EXPECT_FALSE(controller->isWriting());
    EXPECT_TRUE(failures.empty());
}

TEST_F(Controller, ASecondWriteGoesOnWithTheStory) {
    openModel();
    ASSERT_TRUE(writeAll(2, "ab"));
    ASSERT_TRUE(writeAll(1, "c"));
    EXPECT_EQ(text, "ab w0 w1c w0");
    const std::scoped_lock lock(script->mutex);
    ASSERT_EQ(script->requests.size(), 2U);
    EXPECT_TRUE(script->requests[0].history.empty());
    EXPECT_EQ(script->requests[1].history, (TokenIds{TokenId{1}, TokenId{'a'}, TokenId{'b'}, TokenId{1000}, TokenId{1001}}));
    EXPECT_EQ(controller->storyTokens().size(), 7U);
}

TEST_F(Controller, APromptAfterTheEndTakesTheEndTokenBack) {
    script->endAfterTokens = 1;
    openModel();
    ASSERT_TRUE(writeAll(9));
    EXPECT_EQ(summaries.back()->stopReason, StopReason::Eos);
    ASSERT_TRUE(writeAll(9, "x"));
    ASSERT_TRUE(writeAll(9));
    const std::scoped_lock lock(script->mutex);
    EXPECT_EQ(script->requests[1].history, (TokenIds{TokenId{1}, TokenId{1000}}));
    EXPECT_EQ(script->requests[2].history.back(), TokenId{2});  // without a prompt the model decides what follows an end
}

TEST_F(Controller, NewStoryDropsWhatIsBeingWritten) {
    script->tokensWait = true;
    openModel();
    QSignalSpy writing(controller.get(), &SessionController::writingChanged);
    controller->write(ask(1000));
    script->token.allow(2);
    ASSERT_TRUE(wait([&] { return script->tokens == 2; }));
    controller->newStory();
    EXPECT_FALSE(controller->isWriting());
    EXPECT_EQ(writing.count(), 2);
    EXPECT_TRUE(text.empty());
    EXPECT_TRUE(updates.back()->reset);
    EXPECT_TRUE(updates.back()->reset->empty());
    script->token.openForAll();
    ASSERT_TRUE(writeAll(2, "n"));
    EXPECT_EQ(text, "n w0 w1");
    EXPECT_EQ(summaries.size(), 1U);  // the dropped one said nothing more
    const std::scoped_lock lock(script->mutex);
    EXPECT_TRUE(script->requests.back().history.empty());
}

TEST_F(Controller, AnErrorIsReportedOnceAndTheStorySoFarStays) {
    script->failAfterTokens = 3;
    openModel();
    QSignalSpy writing(controller.get(), &SessionController::writingChanged);
    const JobId job = controller->write(ask(10));
    ASSERT_TRUE(wait([&] { return !failures.empty(); }));
    EXPECT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].first, job);
    EXPECT_EQ(failures[0].second, "The network broke (layer 1). Try again");
    EXPECT_EQ(text, " w0 w1 w2");
    EXPECT_EQ(writing.count(), 2);
    EXPECT_TRUE(summaries.empty());
    script->failAfterTokens = -1;
    ASSERT_TRUE(writeAll(1));
    EXPECT_EQ(text, " w0 w1 w2 w0");
}

TEST_F(Controller, ABadFileLeavesTheLoadedModelAlone) {
    openModel();
    ASSERT_TRUE(writeAll(2));
    const JobId job = controller->open(QStringLiteral("/models/bad.bin"));
    ASSERT_TRUE(wait([&] { return !failures.empty(); }));
    EXPECT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].first, job);
    EXPECT_EQ(models.size(), 1U);
    EXPECT_TRUE(controller->hasModel());
    ASSERT_TRUE(writeAll(1));
    EXPECT_EQ(text, " w0 w1 w0");
    script->failNewSession = true;  // fails late: the new network is built already
    controller->open(QStringLiteral("/models/other"));
    ASSERT_TRUE(wait([&] { return failures.size() == 2; }));
    script->failNewSession = false;
    ASSERT_TRUE(writeAll(1));
    EXPECT_EQ(text, " w0 w1 w0 w0");
}

TEST_F(Controller, AFirstBadFileLeavesNoModel) {
    controller->open(QStringLiteral("/models/bad.bin"));
    ASSERT_TRUE(wait([&] { return !failures.empty(); }));
    EXPECT_FALSE(controller->hasModel());
    EXPECT_FALSE(controller->isOpening());
    EXPECT_EQ(controller->write(ask(1)), JobId{});
}

TEST_F(Controller, OpeningWhileWritingStopsTheWriting) {
    script->tokensWait = true;
    openModel();
    controller->write(ask(1000));
    script->token.allow(2);
    ASSERT_TRUE(wait([&] { return script->tokens == 2; }));
    controller->open(QStringLiteral("/models/second"));
    ASSERT_TRUE(wait([&] { return models.size() == 2; }));
    ASSERT_EQ(summaries.size(), 1U);
    EXPECT_EQ(summaries[0]->stopReason, StopReason::Cancelled);
    EXPECT_EQ(text, " w0 w1");  // readable until the first write
    EXPECT_TRUE(controller->storyTokens().empty());
    script->token.openForAll();
    ASSERT_TRUE(writeAll(1, "z"));
    EXPECT_EQ(text, "z w0");
    EXPECT_EQ(models[1]->name, "second");
}

TEST_F(Controller, AnOpenCanBeGivenUp) {
    openModel();
    script->openWaits = true;
    QSignalSpy busy(controller.get(), &SessionController::busyChanged);
    controller->open(QStringLiteral("/models/slow"));
    EXPECT_TRUE(controller->isOpening());
    EXPECT_EQ(controller->write(ask(1)), JobId{});
    controller->cancelOpen();
    EXPECT_FALSE(controller->isOpening());
    EXPECT_EQ(busy.count(), 2);
    ASSERT_TRUE(writeAll(1));
    EXPECT_EQ(models.size(), 1U);
    EXPECT_TRUE(failures.empty());
}

TEST_F(Controller, OnlyTheLastOfTwoOpensCounts) {
    script->openWaits = true;
    controller->open(QStringLiteral("/models/first"));
    controller->open(QStringLiteral("/models/second"));
    script->open.openForAll();
    ASSERT_TRUE(wait([&] { return !models.empty() && !controller->isOpening(); }));
    EXPECT_EQ(models.size(), 1U);
    EXPECT_EQ(models[0]->name, "second");
}

TEST_F(Controller, PathChangeKeepsTheStoryAndEmptiesTheCache) {
    script->latent = true;
    openModel();
    ASSERT_TRUE(writeAll(2, "a"));
    QSignalSpy changed(controller.get(), &SessionController::pathChanged);
    controller->setPath(MlaPath::Naive);
    EXPECT_FALSE(controller->canWrite());
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    EXPECT_EQ(changed.count(), 1);
    EXPECT_EQ(text, "a w0 w1");
    EXPECT_EQ(updates.back()->reused, 0);
    EXPECT_EQ(updates.back()->cache.usedTokens, 0);
    ASSERT_TRUE(writeAll(1));
    EXPECT_EQ(text, "a w0 w1 w0");
    const std::scoped_lock lock(script->mutex);
    EXPECT_EQ(script->requests.back().history.size(), 4U);
    EXPECT_EQ(script->sessionOptions.back().path, MlaPath::Naive);
}

TEST_F(Controller, PathIsRememberedForTheNextModel) {
    controller->setPath(MlaPath::Naive);
    script->latent = true;
    openModel();
    EXPECT_EQ(models.back()->mlaPath, MlaPath::Naive);
}

TEST_F(Controller, AFailedPathChangeLeavesTheOldPath) {
    script->latent = true;
    openModel();
    ASSERT_TRUE(writeAll(1));
    script->failNewSession = true;
    controller->setPath(MlaPath::Naive);
    ASSERT_TRUE(wait([&] { return !failures.empty(); }));
    EXPECT_EQ(controller->path(), MlaPath::Absorbed);
    script->failNewSession = false;
    ASSERT_TRUE(writeAll(1));
    EXPECT_EQ(text, " w0 w0");
    const std::scoped_lock lock(script->mutex);
    EXPECT_EQ(script->sessionOptions.back().path, MlaPath::Absorbed);
}

TEST_F(Controller, PrecisionChangesKeepTheStory) {
    openModel();
    ASSERT_TRUE(writeAll(2));
    QSignalSpy changed(controller.get(), &SessionController::pathChanged);
    controller->setPrecision(PrecisionChoice::Int8);
    EXPECT_FALSE(controller->canWrite());
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    ASSERT_EQ(changed.count(), 1);
    EXPECT_EQ(changed[0][0].value<std::shared_ptr<const ModelSummary>>()->precision, "int8");
    EXPECT_EQ(controller->precision(), PrecisionChoice::Int8);
    ASSERT_TRUE(writeAll(1));
    EXPECT_EQ(text, " w0 w1 w0");
    openModel("/models/next");
    {
        const std::scoped_lock lock(script->mutex);
        EXPECT_EQ(script->sessionOptions.back().precision, PrecisionChoice::Int8) << "remembered for the next model";
    }
    script->failNewSession = true;
    controller->setPrecision(PrecisionChoice::F32);
    ASSERT_TRUE(wait([&] { return !failures.empty(); }));
    EXPECT_EQ(controller->precision(), PrecisionChoice::Int8) << "what the model really has";
}

TEST_F(Controller, NewStoryDuringAPathChangeStaysEmpty) {
    script->latent = true;
    openModel();
    ASSERT_TRUE(writeAll(2));
    controller->setPath(MlaPath::Naive);
    controller->newStory();
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    EXPECT_TRUE(text.empty());
    EXPECT_TRUE(controller->storyTokens().empty());
}

TEST_F(Controller, CapacityIsTheContextOrWhatFits) {
    openModel();
    script->context = std::int64_t{1} << 30;
    openModel("/models/endless");
    const std::scoped_lock lock(script->mutex);
    EXPECT_EQ(script->sessionOptions[0].capacity, 4096);
    // 3 layers × 2 × 2 heads × 4 numbers × 4 bytes = 192 bytes a token
    EXPECT_EQ(script->sessionOptions[1].capacity, (std::int64_t{256} << 20) / 192);
}

TEST_F(Controller, CaptureFollowsTheWishWhileWriting) {
    script->tokensWait = true;
    openModel();
    controller->setCaptureLayer(LayerIndex{1});
    controller->write(ask(1000));
    script->token.allow(1);
    ASSERT_TRUE(wait([&] { return script->tokens == 1; }));
    controller->setCaptureLayer(LayerIndex{2});
    script->token.allow(1);
    ASSERT_TRUE(wait([&] { return script->tokens == 2; }));
    controller->setCaptureLayer(LayerIndex{99});  // no such layer: nothing is captured
    script->token.allow(1);
    ASSERT_TRUE(wait([&] { return script->tokens == 3; }));
    controller->stop();
    ASSERT_TRUE(wait([&] { return !summaries.empty(); }));
    const std::scoped_lock lock(script->mutex);
    ASSERT_EQ(script->captures.size(), 3U);
    EXPECT_EQ(script->captures[0], LayerIndex{1});
    EXPECT_EQ(script->captures[1], LayerIndex{2});
    EXPECT_EQ(script->captures[2], std::nullopt);
}

TEST_F(Controller, AttentionOfTheStoryAsItIs) {
    openModel();
    ASSERT_TRUE(writeAll(4, "abc"));
    EXPECT_NE(controller->inspectAttention(LayerIndex{2}), JobId{});
    ASSERT_TRUE(wait([&] { return !maps.empty(); }));
    EXPECT_EQ(maps[0]->tokens, 8);
    EXPECT_EQ(maps[0]->layer, LayerIndex{2});
    EXPECT_EQ(controller->inspectAttention(LayerIndex{3}), JobId{});
    EXPECT_EQ(controller->inspectAttention(LayerIndex{-1}), JobId{});
}

TEST_F(Controller, AStaleMapIsDropped) {
    openModel();
    ASSERT_TRUE(writeAll(4));
    script->attentionWaits = true;
    controller->inspectAttention(LayerIndex{0});
    ASSERT_TRUE(wait([&] { return script->waitingAttention == 1; }));
    controller->inspectAttention(LayerIndex{1});
    script->attention.openForAll();
    ASSERT_TRUE(wait([&] { return !maps.empty(); }));
    ASSERT_EQ(maps.size(), 1U);
    EXPECT_EQ(maps[0]->layer, LayerIndex{1});
    EXPECT_TRUE(failures.empty());
}

TEST_F(Controller, AMapOfAForgottenStoryIsDropped) {
    openModel();
    ASSERT_TRUE(writeAll(4));
    script->attentionWaits = true;
    controller->inspectAttention(LayerIndex{0});
    ASSERT_TRUE(wait([&] { return script->waitingAttention == 1; }));
    controller->newStory();
    script->attention.openForAll();
    ASSERT_TRUE(writeAll(1));
    controller->inspectAttention(LayerIndex{1});
    ASSERT_TRUE(wait([&] { return !maps.empty(); }));
    EXPECT_EQ(maps.size(), 1U);
    EXPECT_EQ(maps[0]->tokens, 2);
}

TEST_F(Controller, WritingGoesOnWhileAMapIsComputed) {
    openModel();
    ASSERT_TRUE(writeAll(2));
    script->attentionWaits = true;
    controller->inspectAttention(LayerIndex{0});
    ASSERT_TRUE(wait([&] { return script->waitingAttention == 1; }));
    ASSERT_TRUE(writeAll(2));
    EXPECT_TRUE(maps.empty());
    script->attention.openForAll();
    ASSERT_TRUE(wait([&] { return !maps.empty(); }));
    EXPECT_EQ(maps[0]->tokens, 3);  // the story as it was when asked
}

TEST_F(Controller, ShutdownWhileEverythingRuns) {
    for (int round = 0; round < 60; ++round) {
        script = std::make_shared<Script>();
        script->tokensWait = round % 3 == 0;
        script->attentionWaits = true;
        make();
        openModel();
        ASSERT_TRUE(writeAll(0));
        controller->write(ask(1'000'000));
        ASSERT_TRUE(wait([&] { return script->tokensWait || script->tokens > round; }));
        controller->inspectAttention(LayerIndex{0});
        if (round % 2 == 0) {
            ASSERT_TRUE(wait([&] { return script->waitingAttention == 1; }));
        }
        controller.reset();
        ASSERT_EQ(script->sessions, 0);
        ASSERT_TRUE(script->engineGone);
        ASSERT_FALSE(script->orderBroken);
        summaries.clear();
        models.clear();
    }
}

TEST_F(Controller, ShutdownDuringAnOpenAndWithJobsWaiting) {
    for (int round = 0; round < 30; ++round) {
        script = std::make_shared<Script>();
        script->openWaits = true;
        make();
        controller->open(QStringLiteral("/models/slow"));
        controller->open(QStringLiteral("/models/slower"));
        controller->newStory();
        if (round % 2 == 0) {
            ASSERT_TRUE(wait([&] { return script->opens >= 1; }));
        }
        controller.reset();
        ASSERT_TRUE(script->engineGone);
    }
}

TEST_F(Controller, OverlayDataTellsWhatIsGoingOn) {
    OverlayData data = controller->overlayData();
    ASSERT_EQ(data.lanes.size(), 2U);
    EXPECT_EQ(data.lanes[0].current, JobId{});
    EXPECT_TRUE(data.memory.empty()) << "what nobody counts is not shown as 0";
    EXPECT_GE(data.processThreads, 3) << "this one and two lanes";
    EXPECT_GT(data.residentBytes, 1'000'000);
    EXPECT_GT(data.cores, 0);
    script->tokensWait = true;
    openModel();
    const JobId job = controller->write(ask(1000));
    script->token.allow(1);
    ASSERT_TRUE(wait([&] { return script->tokens == 1; }));
    data = controller->overlayData();
    EXPECT_EQ(data.lanes[0].current, job);
    EXPECT_EQ(data.lanes[0].queued, 0);
}

}  // namespace
}  // namespace loom::session
