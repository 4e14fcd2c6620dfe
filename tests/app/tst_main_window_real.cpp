// SPDX-License-Identifier: GPL-3.0-or-later
// The window with the real engine: a checkpoint feeds every page, and a pair takes turns at one story.
#include <QAction>

#include "tests/app/window_fixture.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"
#include "widgets/common/bottom_strip.h"
#include "widgets/common/message_bar.h"
#include "widgets/inside/inside_page.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/write/story_view.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

QString checkpoint() { return QStringLiteral(LOOM_SOURCE_DIR "/../shared/data/llama2c-stories260K/stories260K.bin"); }

class RealWindow : public WindowFixture {
protected:
    void write(std::int64_t tokens, const char* prompt = "") {
        parts().writePage->setMaxTokens(tokens);
        parts().writePage->setPromptText(QString::fromLatin1(prompt));
        parts().actions.write->trigger();
        ASSERT_TRUE(session().isWriting());
        ASSERT_TRUE(wait([&] { return !session().isWriting(); }));
    }
    /// Folders demo-mla and demo-mha that name each other.
    static void writePair(const test::TempFolder& folder) {
        for (const char* name : {"demo-mla", "demo-mha"}) {
            const bool mla = std::string(name) == "demo-mla";
            std::filesystem::create_directory(folder / name);
            test::TinyOptions options;
            options.family = mla ? Family::DeepseekV3 : Family::Llama;
            options.context = 256;
            test::writeTinyCheckpoint(folder / name, options);
            test::writeFile((folder / name) / "latentloom.json", std::string(R"({"format_version":1,"name":")") +
                                                                     (mla ? "Tiny MLA" : "Tiny MHA") + R"(","twin":"../demo-)" +
                                                                     (mla ? "mha" : "mla") + "\"}");
        }
    }
};

TEST_F(RealWindow, TheRealCheckpointFeedsEveryPage) {
    if (!QFile::exists(checkpoint())) GTEST_SKIP() << "the stories260K checkpoint is not there";
    LaunchOptions options;
    options.model = checkpoint();
    options.layer = 2;
    show(options, true);
    ASSERT_TRUE(wait([&] { return session().hasModel() || parts().message->isVisible(); }));
    ASSERT_TRUE(session().hasModel()) << parts().message->text().toStdString();
    EXPECT_EQ(window->windowTitle(), QStringLiteral("stories260K.bin — LatentLoom"));
    EXPECT_EQ(parts().insidePage->layer(), LayerIndex{2});

    write(20, "Once upon a time");
    const int tokens = parts().story->rowCount();
    EXPECT_GT(tokens, 22);
    EXPECT_TRUE(parts().story->storyText().startsWith(QStringLiteral("Once upon a time")));
    EXPECT_EQ(parts().writePage->storyView()->toPlainText(), parts().story->storyText());
    EXPECT_EQ(parts().cache->used(), tokens - 1);  // the last word has not been read yet
    EXPECT_TRUE(parts().cache->norm(0, 0));
    EXPECT_EQ(parts().heads->tokens(), 0);  // nobody looks

    parts().actions.pages[1]->trigger();
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == tokens; }));
    EXPECT_EQ(parts().heads->layer(), LayerIndex{2});
    parts().insidePage->setLayer(LayerIndex{4});
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == tokens && parts().heads->layer() == LayerIndex{4}; }));
    write(10);  // in view: the rows come with the words, the last by the map at the end
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == tokens + 10; }));

    const QString story = parts().story->storyText();
    window->openModel(QStringLiteral(LOOM_SOURCE_DIR "/CMakeLists.txt"));
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(parts().message->text().contains(QStringLiteral("CMakeLists.txt")));
    EXPECT_EQ(window->windowTitle(), QStringLiteral("stories260K.bin — LatentLoom"));
    EXPECT_EQ(parts().story->storyText(), story);
    write(3);
    EXPECT_TRUE(parts().story->storyText().startsWith(story));
}

TEST_F(RealWindow, ThePairTakesTurnsAtOneStory) {
    test::TempFolder folder;
    writePair(folder);
    LaunchOptions options;
    options.models = QString::fromStdString(folder.path().string());
    show(options, true);
    ASSERT_TRUE(wait([&] { return parts().message->isVisible() || (parts().story->rowCount() > 0 && session().canWrite()); }));
    ASSERT_FALSE(parts().message->isVisible()) << parts().message->text().toStdString();
    EXPECT_EQ(window->windowTitle(), QStringLiteral("Tiny MLA — LatentLoom"));
    const TokenIds tokens = session().storyTokens();
    const QString story = parts().story->storyText();
    EXPECT_EQ(parts().cache->spec().form, CacheForm::Latent);

    parts().actions.pages[1]->trigger();
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == parts().story->rowCount(); }));
    parts().actions.twin->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite() && window->windowTitle().startsWith(QStringLiteral("Tiny MHA")); }));
    EXPECT_EQ(session().storyTokens(), tokens);
    EXPECT_EQ(parts().story->storyText(), story);
    EXPECT_EQ(parts().cache->spec().form, CacheForm::Full);
    EXPECT_EQ(parts().cache->used(), std::ssize(tokens));
    EXPECT_TRUE(parts().cache->norm(0, 0));
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == parts().story->rowCount(); }));
    int written = 0;
    for (int row = 0; row < parts().story->rowCount(); ++row) {
        const TokenStep& step = parts().story->step(row);
        EXPECT_FALSE(row > 0 && step.alternatives.empty()) << "what the twin expected at " << row;
        if (step.origin != TokenOrigin::Generated) continue;
        EXPECT_TRUE(step.reread) << row;
        ++written;
    }
    EXPECT_GT(written, 0);

    write(4);
    EXPECT_EQ(std::ssize(session().storyTokens()), std::ssize(tokens) + 4);
}

TEST_F(RealWindow, AnotherTokenizerReadsTheSameTextWhereItCan) {
    test::TempFolder folder;
    writePair(folder);
    test::writeFile(folder / "demo-mha" / "tokenizer.json",
                    test::tinyTokenizerJson() + "\n");  // other bytes, so nobody vouches for the ids
    show({}, true);
    window->openModel(QString::fromStdString((folder / "demo-mla").string()));
    ASSERT_TRUE(wait([&] { return session().canWrite() || parts().message->isVisible(); }));
    write(2, "Once upon a time");
    const QString story = parts().story->storyText();
    parts().actions.twin->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite() && window->windowTitle().startsWith(QStringLiteral("Tiny MHA")); }));
    EXPECT_EQ(parts().story->storyText(), story);
    EXPECT_EQ(std::ssize(session().storyTokens()), parts().story->rowCount());
    EXPECT_EQ(parts().cache->used(), parts().story->rowCount());
    std::string prompt;
    for (int row = 0; row < parts().story->rowCount(); ++row) {
        const TokenStep& step = parts().story->step(row);
        if (step.origin == TokenOrigin::Prompt) prompt += step.text;
    }
    EXPECT_EQ(prompt, "Once upon a time") << "who wrote what is kept";
    write(2);
    EXPECT_TRUE(parts().story->storyText().startsWith(story.left(16)));
}

TEST_F(RealWindow, WhatPrecisionsCostStandsBesideThem) {
    test::TempFolder folder;
    writePair(folder);
    show({}, true);
    window->openModel(QString::fromStdString((folder / "demo-mla").string()));
    ASSERT_TRUE(wait([&] { return session().canWrite() || parts().message->isVisible(); }));
    QAction* int8 = parts().actions.precisions[static_cast<std::size_t>(PrecisionChoice::Int8)];
    EXPECT_FALSE(int8->text().contains(QLatin1Char('%'))) << "not measured yet";
    parts().actions.measurePrecisions->trigger();
    EXPECT_FALSE(parts().actions.measurePrecisions->isEnabled());
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(parts().message->text().contains(QStringLiteral("int8"))) << parts().message->text().toStdString();
    EXPECT_TRUE(int8->text().contains(QLatin1Char('%'))) << int8->text().toStdString();
    EXPECT_TRUE(parts().actions.measurePrecisions->isEnabled());
}

/// Whether this build and machine can compute on a GPU, as the engine says; `why` where it cannot.
bool hasCuda(QString& why) {
    const auto engine = Engine::create({});
    const auto can = engine->canCompute(DeviceKind::Cuda);
    if (!can) why = QString::fromStdString(can.error().message());
    return can.has_value();
}

TEST_F(RealWindow, TheStoryMovesToTheGpuAndBack_CUDA) {
    QString why;
    if (!hasCuda(why)) GTEST_SKIP() << "no GPU to compute on: " << why.toStdString();
    test::TempFolder folder;
    writePair(folder);
    show({}, true);
    window->openModel(QString::fromStdString((folder / "demo-mla").string()));
    ASSERT_TRUE(wait([&] { return session().canWrite() || parts().message->isVisible(); }));
    write(10, "Once upon a time");
    const TokenIds tokens = session().storyTokens();
    for (const DeviceKind device : {DeviceKind::Cuda, DeviceKind::Cpu}) {
        parts().actions.devices[device == DeviceKind::Cuda ? 1 : 0]->trigger();
        ASSERT_TRUE(wait([&] { return session().canWrite() && session().device() == device; }));
        EXPECT_EQ(session().storyTokens(), tokens);
        EXPECT_EQ(parts().cache->used(), std::ssize(tokens));
    }
    EXPECT_FALSE(parts().message->isVisible()) << parts().message->text().toStdString();
}

}  // namespace
}  // namespace loom::app
