// SPDX-License-Identifier: GPL-3.0-or-later
// SessionController with the real engine and a real checkpoint.
#include <gtest/gtest.h>

#include <QFileInfo>
#include <QSignalSpy>
#include <QTest>

#include "app/session/session_controller.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom::session {
namespace {

constexpr int kPatience = 60000;

TEST(SessionReal, OpensWritesGoesOnAndInspects) {
    const QString file = QStringLiteral(LOOM_SOURCE_DIR "/../shared/data/llama2c-stories260K/stories260K.bin");
    if (!QFileInfo::exists(file)) GTEST_SKIP() << "the stories260K checkpoint is not there";
    SessionController controller;
    std::shared_ptr<const ModelSummary> model;
    std::shared_ptr<const GenerateSummary> summary;
    std::shared_ptr<const AttentionMap> map;
    std::string text, failure;
    std::int64_t rows = 0, withAlternatives = 0;
    QObject::connect(&controller, &SessionController::opened, &controller, [&](auto opened, auto) { model = opened; });
    QObject::connect(&controller, &SessionController::finished, &controller, [&](auto done) { summary = done; });
    QObject::connect(&controller, &SessionController::attentionReady, &controller, [&](auto ready) { map = ready; });
    QObject::connect(&controller, &SessionController::failed, &controller,
                     [&](JobId, const QString& message) { failure = message.toStdString(); });
    QObject::connect(&controller, &SessionController::storyUpdated, &controller, [&](const std::shared_ptr<const StoryUpdate>& update) {
        if (update->reset) {
            text.clear();
            for (const TokenStep& step : *update->reset) text += step.text;
        }
        for (const TokenStep& step : update->appended) {
            text += step.text;
            withAlternatives += step.alternatives.size() >= 10 ? 1 : 0;
        }
        for (const TokenStep& step : update->cached) rows += step.attention ? 1 : 0;
    });

    controller.open(file);
    ASSERT_TRUE(QTest::qWaitFor([&] { return model || !failure.empty(); }, kPatience));
    ASSERT_EQ(failure, "");
    EXPECT_EQ(model->config.layers, 5);
    EXPECT_GT(model->weightBytes, 1'000'000);

    controller.setCaptureLayer(LayerIndex{2});
    GenerateRequest request;
    request.prompt = "Once upon a time";
    request.samplers.temperature = 0;
    request.maxTokens = 20;
    controller.write(request);
    ASSERT_TRUE(QTest::qWaitFor([&] { return summary || !failure.empty(); }, kPatience));
    ASSERT_EQ(failure, "");
    EXPECT_EQ(text, request.prompt + summary->text);
    EXPECT_EQ(summary->tokens.size(), 20U);
    EXPECT_EQ(withAlternatives, 20);
    EXPECT_EQ(rows, std::ssize(summary->promptTokens) + 19);
    EXPECT_EQ(summary->cache.capacityTokens, model->config.context);

    const std::string first = text;
    const std::int64_t had = std::ssize(controller.storyTokens());
    summary.reset();
    request.prompt.clear();
    request.maxTokens = 10;
    controller.write(request);
    ASSERT_TRUE(QTest::qWaitFor([&] { return summary || !failure.empty(); }, kPatience));
    ASSERT_EQ(failure, "");
    EXPECT_EQ(text, first + summary->text);
    EXPECT_EQ(std::ssize(controller.storyTokens()), had + 10);
    EXPECT_EQ(summary->prefilledTokens, 1);  // the rest was in the cache

    controller.inspectAttention(LayerIndex{4});
    ASSERT_TRUE(QTest::qWaitFor([&] { return map || !failure.empty(); }, kPatience));
    ASSERT_EQ(failure, "");
    ASSERT_EQ(map->tokens, std::ssize(controller.storyTokens()));
    for (std::int64_t head = 0; head < map->heads; ++head) {
        double sum = 0;
        for (std::int64_t key = 0; key < map->tokens; ++key) sum += map->at(HeadIndex{head}, map->tokens - 1, key);
        EXPECT_NEAR(sum, 1, 1e-5);
    }
}

TEST(SessionReal, ABadFileGivesOneMessageThatNamesIt) {
    SessionController controller;
    QSignalSpy failed(&controller, &SessionController::failed);
    controller.open(QStringLiteral(LOOM_SOURCE_DIR "/CMakeLists.txt"));
    ASSERT_TRUE(QTest::qWaitFor([&] { return failed.count() > 0; }, kPatience));
    EXPECT_EQ(failed.count(), 1);
    EXPECT_TRUE(failed[0][1].toString().contains(QStringLiteral("CMakeLists.txt"))) << failed[0][1].toString().toStdString();
}

TEST(SessionReal, ATokenizerMayLieElsewhere) {
    test::TempFolder model;
    test::TempFolder elsewhere;
    test::TinyOptions options;
    options.tokenizer = false;
    test::writeTinyCheckpoint(model.path(), options);
    test::writeFile(elsewhere / "tokenizer.json", test::tinyTokenizerJson());
    const QString folder = QString::fromStdString(model.path().string());
    SessionController controller;
    QSignalSpy opened(&controller, &SessionController::opened);
    QSignalSpy failed(&controller, &SessionController::failed);
    controller.open(folder);
    ASSERT_TRUE(QTest::qWaitFor([&] { return failed.count() > 0; }, kPatience));
    EXPECT_TRUE(failed[0][1].toString().contains(QStringLiteral("--tokenizer"))) << failed[0][1].toString().toStdString();
    controller.open(folder, QString::fromStdString((elsewhere / "tokenizer.json").string()));
    ASSERT_TRUE(QTest::qWaitFor([&] { return opened.count() > 0 || failed.count() > 1; }, kPatience));
    EXPECT_EQ(opened.count(), 1);
}

}  // namespace
}  // namespace loom::session
