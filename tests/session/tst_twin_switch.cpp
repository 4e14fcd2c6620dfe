// SPDX-License-Identifier: GPL-3.0-or-later
// Another network for the same story, with a fake engine: the twin, another device, what is kept and what gives way.
#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "app/session/session_controller.h"
#include "fake_engine.h"
#include "tests/support/temp_folder.h"

namespace loom::session {
namespace {

using test::Script;

class TwinSession : public ::testing::Test {
protected:
    void SetUp() override {
        script->pair = true;
        for (const char* name : {"mla", "mha"}) {
            std::filesystem::create_directory(folder / name);
            test::writeFile(folder / name / "tokenizer.json", "{}");
        }
        controller = std::make_unique<SessionController>([this] { return test::makeFakeEngine(script); });
        QObject::connect(controller.get(), &SessionController::opened, controller.get(), [this](auto summary, auto) {
            model = summary;
            tokensAtOpen = std::ssize(controller->storyTokens());
        });
        QObject::connect(controller.get(), &SessionController::storyUpdated, controller.get(), [this](auto update) {
            last = update;
            if (update->reset) steps = *update->reset;
            steps.insert(steps.end(), update->appended.begin(), update->appended.end());
            for (const TokenStep& step : update->cached) steps.at(static_cast<std::size_t>(step.position)) = step;
        });
        QObject::connect(controller.get(), &SessionController::failed, controller.get(),
                         [this](JobId, const QString& message) { failure = message; });
    }
    template <class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 20000);
    }
    QString path(const char* name) const { return QString::fromStdString((folder / name).string()); }
    void open(const char* name) {
        controller->open(path(name));
        ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    }
    void write(std::int64_t tokens, std::string prompt = {}) {
        GenerateRequest request;
        request.maxTokens = tokens;
        request.prompt = std::move(prompt);
        ASSERT_NE(controller->write(request), JobId{});
        ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    }
    std::string text() const {
        std::string all;
        for (const TokenStep& step : steps) all += step.text;
        return all;
    }

    test::TempFolder folder;
    std::shared_ptr<Script> script = std::make_shared<Script>();
    std::unique_ptr<SessionController> controller;
    std::shared_ptr<const ModelSummary> model;
    std::shared_ptr<const StoryUpdate> last;
    std::vector<TokenStep> steps;
    std::int64_t tokensAtOpen = -1;
    QString failure;
};

TEST_F(TwinSession, TheTwinGoesOnWithTheStory) {
    open("mla");
    write(5, "Hi");
    const std::string story = text();
    const TokenIds before = controller->storyTokens();
    ASSERT_FALSE(steps.back().alternatives.empty());
    controller->openTwin();
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    EXPECT_EQ(model->name, "mha");
    EXPECT_EQ(tokensAtOpen, std::ssize(before)) << "views learn from it that the story stays";
    EXPECT_EQ(controller->storyTokens(), before);
    EXPECT_EQ(text(), story);
    EXPECT_EQ(last->cache.spec.form, CacheForm::Full);
    EXPECT_EQ(last->cache.usedTokens, std::ssize(before)) << "the twin has read the story";
    for (const TokenStep& step : steps) EXPECT_FALSE(step.laneNorms.empty());
    EXPECT_EQ(steps.back().origin, TokenOrigin::Generated) << "who wrote it is not forgotten";
    EXPECT_TRUE(steps.back().reread);
    EXPECT_TRUE(steps.back().alternatives.empty()) << "what the first network thought is not the twin's";
    write(3);
    EXPECT_EQ(script->requests.back().history, before);
    EXPECT_EQ(text().rfind(story, 0), 0U);
    EXPECT_FALSE(steps.back().reread);
    controller->openTwin();
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    EXPECT_EQ(model->name, "mla");
    EXPECT_EQ(controller->storyTokens().size(), before.size() + 3);
}

TEST_F(TwinSession, AnotherTokenizerThatCannotTellBeginsANewStory) {
    test::writeFile(folder / "mha" / "tokenizer.json", "{ }");
    open("mla");
    write(2, "Hi");
    controller->openTwin();
    ASSERT_TRUE(wait([&] { return controller->canWrite() && model->name == "mha"; }));
    EXPECT_EQ(tokensAtOpen, 0);
    EXPECT_TRUE(controller->storyTokens().empty());
}

TEST_F(TwinSession, AStoryLongerThanTheTwinsContextIsNotTakenOver) {
    open("mla");
    write(20, "Hi");
    script->context = 10;
    controller->openTwin();
    ASSERT_TRUE(wait([&] { return controller->canWrite() && model->name == "mha"; }));
    EXPECT_TRUE(controller->storyTokens().empty());
    EXPECT_TRUE(failure.isEmpty());
}

TEST_F(TwinSession, WritingStopsForTheTwin) {
    script->context = 1'000'000;
    open("mla");
    GenerateRequest request;
    request.maxTokens = 1'000'000;
    controller->write(request);
    ASSERT_TRUE(wait([&] { return script->tokens > 50; }));
    controller->openTwin();
    ASSERT_TRUE(wait([&] { return controller->canWrite() && model->name == "mha"; }));
    EXPECT_GT(std::ssize(controller->storyTokens()), 50);
}

TEST_F(TwinSession, NoTwinMeansNothingHappens) {
    controller->openTwin();
    EXPECT_FALSE(controller->isOpening());
    script->pair = false;
    open("mla");
    controller->openTwin();
    EXPECT_FALSE(controller->isOpening());
}

TEST_F(TwinSession, ATwinThatCannotBeBuiltLeavesEverythingAsItWas) {
    open("mla");
    write(3, "Hi");
    const TokenIds before = controller->storyTokens();
    script->failNewSession = true;
    controller->openTwin();
    ASSERT_TRUE(wait([&] { return !failure.isEmpty(); }));
    script->failNewSession = false;
    EXPECT_EQ(model->name, "mla");
    EXPECT_EQ(controller->storyTokens(), before);
    write(1);
    EXPECT_EQ(controller->storyTokens().size(), before.size() + 1);
}

TEST_F(TwinSession, ANewStoryDuringTheSwitchWins) {
    open("mla");
    write(4, "Hi");
    script->openWaits = true;
    controller->openTwin();
    controller->newStory();
    script->open.openForAll();
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    EXPECT_TRUE(controller->storyTokens().empty());
    EXPECT_TRUE(text().empty());
    write(1, "x");
    EXPECT_EQ(text(), "x w0");
}

TEST_F(TwinSession, ANewDeviceKeepsTheStory) {
    script->cuda = true;
    open("mla");
    write(4, "Hi");
    const TokenIds before = controller->storyTokens();
    controller->setDevice(DeviceKind::Cuda);
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    EXPECT_EQ(model->name, "mla");
    EXPECT_EQ(model->device, "CUDA: fake");
    EXPECT_EQ(controller->device(), DeviceKind::Cuda);
    EXPECT_EQ(controller->storyTokens(), before);
    const std::int64_t opens = script->opens;
    controller->setDevice(DeviceKind::Cuda);
    EXPECT_FALSE(controller->isOpening());
    EXPECT_EQ(script->opens, opens);
    controller->openTwin();
    ASSERT_TRUE(wait([&] { return controller->canWrite() && model->name == "mha"; }));
    EXPECT_EQ(model->device, "CUDA: fake");
}

TEST_F(TwinSession, ADeviceThatCannotBeUsedIsAnErrorAndTheModelStays) {
    open("mla");
    write(2, "Hi");
    controller->setDevice(DeviceKind::Cuda);
    ASSERT_TRUE(wait([&] { return !failure.isEmpty(); }));
    EXPECT_TRUE(failure.contains(QStringLiteral("CPU only")));
    EXPECT_EQ(controller->device(), DeviceKind::Cpu);
    EXPECT_TRUE(controller->canWrite());
    write(1);
}

TEST_F(TwinSession, ARememberedDeviceGivesWayToTheCpuAndSaysSo) {
    controller->setDevice(DeviceKind::Cuda, true);
    open("mla");
    EXPECT_EQ(model->device, "CPU");
    EXPECT_EQ(controller->device(), DeviceKind::Cpu);
    EXPECT_NE(model->problem.find("CPU only"), std::string::npos) << model->problem;
}

TEST_F(TwinSession, TheDeviceChosenWhileOpeningCounts) {
    script->cuda = script->openWaits = true;
    controller->open(path("mla"));
    controller->setDevice(DeviceKind::Cuda);
    script->open.openForAll();
    ASSERT_TRUE(wait([&] { return controller->canWrite(); }));
    EXPECT_EQ(model->device, "CUDA: fake");
}

TEST_F(TwinSession, DevicesAreAskedAboutBesideTheStory) {
    QSignalSpy checked(controller.get(), &SessionController::deviceChecked);
    controller->checkDevice(DeviceKind::Cuda);
    ASSERT_TRUE(wait([&] { return checked.count() == 1; }));
    EXPECT_TRUE(checked[0][1].toString().contains(QStringLiteral("CPU only")));
    script->cuda = true;
    controller->checkDevice(DeviceKind::Cuda);
    ASSERT_TRUE(wait([&] { return checked.count() == 2; }));
    EXPECT_TRUE(checked[1][1].toString().isEmpty());
}

TEST_F(TwinSession, LayersAreTimedOnlyWhileAskedFor) {
    open("mla");
    write(2);
    EXPECT_FALSE(script->layerTimes);
    controller->setLayerTimes(true);
    write(2);
    EXPECT_TRUE(script->layerTimes);
    EXPECT_EQ(controller->overlayData().layerMs, (std::vector<float>{0.25F, 0.5F, 0.75F}));
    controller->setLayerTimes(false);
    write(2);
    EXPECT_TRUE(controller->overlayData().layerMs.empty());
}

}  // namespace
}  // namespace loom::session
