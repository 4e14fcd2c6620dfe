// SPDX-License-Identifier: GPL-3.0-or-later
// InsideController with a fake engine: answers, replaced and dropped questions, failures.
#include "app/session/inside_controller.h"

#include <gtest/gtest.h>

#include <QTest>

#include "app/session/session_controller.h"
#include "fake_engine.h"

namespace loom::session {
namespace {

class Inside : public ::testing::Test {
protected:
    void SetUp() override {
        controller = std::make_unique<SessionController>([this] { return test::makeFakeEngine(script); });
        QObject::connect(&controller->inside(), &InsideController::ready, controller.get(),
                         [this](JobId, const std::shared_ptr<const LookAnswer>& answer) { answers.push_back(answer); });
        QObject::connect(&controller->inside(), &InsideController::failed, controller.get(),
                         [this](JobId, Look look, const QString& message) { failures.emplace_back(look, message.toStdString()); });
    }
    void TearDown() override {
        controller.reset();
        EXPECT_FALSE(script->orderBroken);
    }
    template <class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 20000);
    }
    void openAndWrite() {
        controller->open(QStringLiteral("/models/good"));
        ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
        GenerateRequest request;
        request.prompt = "abc";
        request.maxTokens = 4;
        controller->write(request);
        ASSERT_TRUE(wait([&] { return controller->canWrite() && !controller->storyTokens().empty(); }));
    }
    JobId ask(Look look, std::int64_t layer = 0) { return controller->inside().ask({look, LayerIndex{layer}, {}}); }

    std::shared_ptr<test::Script> script = std::make_shared<test::Script>();
    std::unique_ptr<SessionController> controller;
    std::vector<std::shared_ptr<const LookAnswer>> answers;
    std::vector<std::pair<Look, std::string>> failures;
};

TEST_F(Inside, NothingIsAskedWithoutAModelOrAStory) {
    EXPECT_EQ(ask(Look::Kept), JobId{});
    controller->open(QStringLiteral("/models/good"));
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    EXPECT_EQ(ask(Look::Kept), JobId{});
    EXPECT_EQ(script->looks, 0);
}

TEST_F(Inside, EveryLookHasItsAnswer) {
    script->latent = true;
    openAndWrite();
    const auto tokens = std::ssize(controller->storyTokens());
    for (const Look look : {Look::Scores, Look::Kept, Look::Spectra, Look::Forgotten, Look::Lens, Look::Without, Look::Means}) {
        answers.clear();
        const LookQuestion question{look, LayerIndex{2}, {{{LayerIndex{0}, HeadIndex{1}}}, {}}};
        EXPECT_NE(controller->inside().ask(question), JobId{});
        EXPECT_TRUE(controller->inside().isAsking(look));
        ASSERT_TRUE(wait([&] { return !answers.empty() || !failures.empty(); }));
        ASSERT_TRUE(failures.empty()) << failures[0].second;
        EXPECT_EQ(answers[0]->question.look, look);
        EXPECT_EQ(answers[0]->tokens, tokens);
        EXPECT_GE(answers[0]->milliseconds, 0);
        EXPECT_FALSE(controller->inside().isAsking(look));
        switch (look) {
            case Look::Kept: EXPECT_EQ(std::get<KeptRows>(answers[0]->value).lanes[0].values[0], 3.F); break;
            case Look::Forgotten:
                EXPECT_EQ(std::get<Reconstruction>(answers[0]->value).ranks, (std::vector<std::int64_t>{4, 3, 2, 1}));
                break;
            case Look::Lens: EXPECT_EQ(answers[0]->labels.at(TokenId{7}), "7"); break;
            case Look::Without:
                EXPECT_EQ(std::get<Ablation>(answers[0]->value).kl[0], 0.125);
                EXPECT_EQ(answers[0]->labels.size(), 2U);
                break;
            case Look::Means:
                EXPECT_EQ(std::get<AttentionMeans>(answers[0]->value).layers, 3);
                EXPECT_EQ(script->attentionCalls, 3);
                break;
            default: break;
        }
    }
}

TEST_F(Inside, ALaterQuestionReplacesAnEarlierOne) {
    openAndWrite();
    script->lookWaits = true;
    ask(Look::Kept, 0);
    ASSERT_TRUE(wait([&] { return script->waitingLooks == 1; }));
    ask(Look::Kept, 1);
    ask(Look::Spectra, 1);  // another kind replaces nothing
    script->look.openForAll();
    ASSERT_TRUE(wait([&] { return answers.size() == 2; }));
    EXPECT_EQ(answers[0]->question.layer, LayerIndex{1});
    EXPECT_EQ(answers[1]->question.look, Look::Spectra);
}

TEST_F(Inside, CancelledAndForgottenQuestionsAreSilent) {
    openAndWrite();
    script->lookWaits = true;
    ask(Look::Kept);
    ASSERT_TRUE(wait([&] { return script->waitingLooks == 1; }));
    controller->inside().cancel(Look::Kept);
    EXPECT_FALSE(controller->inside().isAsking(Look::Kept));
    ask(Look::Lens);
    ASSERT_TRUE(wait([&] { return script->waitingLooks == 2; }));
    controller->newStory();
    EXPECT_FALSE(controller->inside().isAsking(Look::Lens));
    openAndWrite();
    script->look.openForAll();
    ask(Look::Spectra);
    ASSERT_TRUE(wait([&] { return !answers.empty(); }));
    EXPECT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0]->question.look, Look::Spectra);
    EXPECT_TRUE(failures.empty());
}

TEST_F(Inside, WhatANetworkDoesNotHaveIsSaidOnce) {
    openAndWrite();
    ask(Look::Scores);
    ASSERT_TRUE(wait([&] { return !failures.empty(); }));
    EXPECT_EQ(failures[0].first, Look::Scores);
    EXPECT_NE(failures[0].second.find("no parts"), std::string::npos);
    EXPECT_FALSE(controller->inside().isAsking(Look::Scores));
}

TEST_F(Inside, ClosingWhileAQuestionWaits) {
    openAndWrite();
    script->lookWaits = true;
    ask(Look::Kept);
    ASSERT_TRUE(wait([&] { return script->waitingLooks == 1; }));
    ask(Look::Lens);
}

TEST(LookValues, RanksFallAndMeansAreMeans) {
    EXPECT_EQ(shownRanks(64), (std::vector<std::int64_t>{64, 56, 48, 40, 32, 24, 16, 12, 8, 4}));
    EXPECT_EQ(shownRanks(3), (std::vector<std::int64_t>{3, 2, 1}));
    EXPECT_EQ(shownRanks(0), std::vector<std::int64_t>{1});  // the inspector says that there is no latent
    AttentionMeans means;
    addLayer(means, {LayerIndex{0}, 2, 2, {1, 0, 0.5F, 0.5F, 1, 0, 0, 1}});
    addLayer(means, {LayerIndex{1}, 2, 2, {1, 0, 1, 0, 1, 0, 1, 0}});
    divide(means);
    EXPECT_EQ(means.layers, 2);
    EXPECT_EQ(means.heads, 2);
    EXPECT_EQ(means.weights, (std::vector<float>{1, 0, 0.625F, 0.375F}));
}

}  // namespace
}  // namespace loom::session
