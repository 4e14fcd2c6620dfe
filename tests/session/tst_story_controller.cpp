// SPDX-License-Identifier: GPL-3.0-or-later
// The story as a tree over a fake engine: forks anywhere, other versions, edits, undo, and a file that is always there.
#include "app/session/story_controller.h"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "app/session/session_controller.h"
#include "app/session/story_keeper.h"
#include "core/engine/generate/story_file.h"
#include "fake_engine.h"
#include "tests/support/temp_folder.h"

namespace loom::session {
namespace {

using test::Script;

class StoryTreeSession : public ::testing::Test {
protected:
    void SetUp() override {
        QObject::connect(&session, &SessionController::storyUpdated, &session, [this](const auto& update) {
            if (update->reset) steps = *update->reset;
            steps.insert(steps.end(), update->appended.begin(), update->appended.end());
        });
        QObject::connect(&stories, &StoryController::failed, &session, [this](const QString& message) { failure = message; });
    }
    void TearDown() override { EXPECT_EQ(stories.tree().problem(), ""); }
    template <class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 20000);
    }
    void open(const char* path = "/a") {
        session.open(QString::fromLatin1(path));
        ASSERT_TRUE(wait([&] { return session.canWrite(); }));
    }
    static GenerateRequest request(std::int64_t tokens, std::string prompt = {}) {
        GenerateRequest request;
        request.maxTokens = tokens;
        request.prompt = std::move(prompt);
        request.seed = 5;
        request.samplers.temperature = 0.5;
        return request;
    }
    void write(std::int64_t tokens, std::string prompt = {}) {
        ASSERT_TRUE(stories.write(request(tokens, std::move(prompt))));
        settle();
    }
    void settle() {
        ASSERT_TRUE(wait([&] { return session.canWrite(); }));
        QCoreApplication::processEvents();
        ASSERT_TRUE(wait([&] { return session.canWrite(); }));
    }
    const StoryTree& tree() const { return stories.tree(); }
    std::string shown() const { return tree().text(tree().current()); }
    /// The page, the session and the tree have the same story.
    void expectShown(const std::string& text) {
        EXPECT_EQ(shown(), text);
        std::string page;
        for (const TokenStep& step : steps) page += step.text;
        EXPECT_EQ(page, text);
        EXPECT_EQ(std::ssize(session.storyTokens()), tree().length(tree().current()));
    }
    std::vector<PassageOrigin> origins() const {
        std::vector<PassageOrigin> all;
        for (const PassageId id : tree().path(tree().current())) all.push_back(tree().at(id).origin);
        return all;
    }

    test::TempFolder folder;  ///< outlives who keeps a story in it
    std::shared_ptr<Script> script = std::make_shared<Script>();
    SessionController session{[this] { return test::makeFakeEngine(script); }};
    StoryController stories{&session};
    std::vector<TokenStep> steps;
    QString failure;
};

TEST_F(StoryTreeSession, FollowsWhatIsWritten) {
    open();
    write(3, "Hi");
    expectShown("Hi w0 w1 w2");
    EXPECT_EQ(origins(), (std::vector{PassageOrigin::Person, PassageOrigin::Model}));
    const Passage& written = tree().at(tree().current());
    EXPECT_EQ(written.seed, 5U);
    EXPECT_EQ(written.samplers.temperature, 0.5);
    EXPECT_EQ(written.model, "a");
    EXPECT_EQ(written.tokens[0].alternatives.size(), 1U);
    write(2);
    expectShown("Hi w0 w1 w2 w0 w1");
    EXPECT_EQ(tree().all().size(), 3U) << "every press on Write is a passage";
    stories.undo();
    expectShown("Hi w0 w1 w2");
    stories.undo();
    expectShown("");
    EXPECT_FALSE(stories.canUndo());
    stories.redo();
    stories.redo();
    expectShown("Hi w0 w1 w2 w0 w1");
    write(1, "!");
    EXPECT_EQ(script->requests.back().history.size(), 8U) << "after undo and redo it goes on as before";
}

TEST_F(StoryTreeSession, AnyTokenCanBeAFork) {
    open();
    write(4, "Hi");  // <1> H i w0 w1 w2 w3
    stories.branch(4, {TokenId{120}, "x", 0.1F, 0.2F}, request(2));
    settle();
    expectShown("Hi w0x w0 w1");
    EXPECT_EQ(origins(), (std::vector{PassageOrigin::Person, PassageOrigin::Model, PassageOrigin::Edit, PassageOrigin::Model}));
    ASSERT_EQ(script->requests.back().history.size(), 5U);
    EXPECT_EQ(script->requests.back().history[4], TokenId{120});
    stories.sideways(-1);
    expectShown("Hi w0 w1 w2 w3");
    stories.sideways(1);
    expectShown("Hi w0x w0 w1");
    stories.sideways(1);
    expectShown("Hi w0x w0 w1");  // there is no other
    stories.undo();
    expectShown("Hi w0 w1 w2 w3");  // the word and what came after it are one step
    stories.branch(99, {TokenId{120}, "x", 0, 0}, request(2));
    expectShown("Hi w0 w1 w2 w3");
}

TEST_F(StoryTreeSession, AnotherVersionStandsBesideTheFirst) {
    open();
    write(3, "Hi");
    stories.retry(request(2));
    settle();
    expectShown("Hi w0 w1");
    EXPECT_NE(script->requests.back().seed, 5U) << "the same seed would give the same story";
    EXPECT_EQ(tree().leaves().size(), 2U);
    stories.retry(request(1), 4);
    settle();
    expectShown("Hi w0 w0");
    stories.remove(tree().current());
    EXPECT_EQ(tree().leaves().size(), 2U);
    stories.cut(3);
    expectShown("Hi");
    EXPECT_EQ(tree().leaves().size(), 2U) << "what came behind is still there";
}

TEST_F(StoryTreeSession, TextIsEditedByHand) {
    open();
    write(3, "Hi");
    stories.edit(3, QStringLiteral(" w0 and more"));
    settle();
    expectShown("Hi w0 and more");
    EXPECT_EQ(origins(), (std::vector{PassageOrigin::Person, PassageOrigin::Model, PassageOrigin::Edit}));
    EXPECT_EQ(script->requests.back().prompt, " and more") << "what is repeated is not an edit";
    stories.edit(3, QStringLiteral(" w0"));
    settle();
    expectShown("Hi w0");
    stories.edit(3, QStringLiteral(" w0"));
    expectShown("Hi w0");
    stories.undo();
    stories.undo();
    expectShown("Hi w0 w1 w2");
}

TEST_F(StoryTreeSession, WhatIsAskedForWhileWritingIsDoneWhenItHasStopped) {
    open();
    write(2, "Hi");
    script->tokensWait = true;
    ASSERT_TRUE(stories.write(request(5)));
    script->token.allow(1);
    ASSERT_TRUE(wait([&] { return script->tokens == 3; }));
    stories.cut(3);
    EXPECT_TRUE(session.isWriting() || shown() == "Hi");
    ASSERT_TRUE(wait([&] { return shown() == "Hi"; }));
    expectShown("Hi");
    EXPECT_EQ(tree().tokensShared(), 6) << "what had been written stays";
}

TEST_F(StoryTreeSession, AnEndingIsTakenBackWhereTheStoryGoesOn) {
    script->endAfterTokens = 2;
    open();
    write(9, "Hi");
    EXPECT_EQ(steps.back().token, TokenId{2});
    script->endAfterTokens = -1;
    write(1, "!");
    EXPECT_EQ(shown(), "Hi w0 w1! w0");
    EXPECT_EQ(tree().leaves().size(), 1U) << "an ending alone is no version";
}

TEST_F(StoryTreeSession, ANewStoryBeginsBesideTheOld) {
    open();
    write(1, "Hi");
    stories.newStory();
    expectShown("");
    write(1, "Yo");
    expectShown("Yo w0");
    EXPECT_EQ(tree().leaves().size(), 2U);
    stories.sideways(-1);
    expectShown("Hi w0");
    EXPECT_TRUE(stories.isOwn());
}

TEST_F(StoryTreeSession, AStoryThatNobodyTookUpGivesWay) {
    open();
    session.write(request(2, "Demo"));
    settle();
    EXPECT_FALSE(stories.isOwn());
    EXPECT_EQ(shown(), "Demo w0 w1");
    stories.newStory();
    EXPECT_TRUE(tree().isEmpty());
}

TEST_F(StoryTreeSession, AnotherNetworkGoesOnWithTokensThatMeanTheSame) {
    open("/a");
    write(2, "Hi");
    const TokenIds before = session.storyTokens();
    open("/b");
    stories.follow(tree().current());
    settle();
    expectShown("Hi w0 w1");
    EXPECT_EQ(session.storyTokens(), before);
    EXPECT_EQ(tree().leaves().size(), 1U);
    write(1);
    EXPECT_EQ(tree().all().size(), 3U);
    EXPECT_EQ(tree().at(tree().current()).model, "b");
}

TEST_F(StoryTreeSession, AnotherNetworkReadsTheTextOfForeignPassagesAgain) {
    open("/a");
    write(2, "Hi");
    script->word = " v";
    open("/b");
    EXPECT_EQ(shown(), "Hi w0 w1") << "the page still has it";
    write(1, "Yo");
    expectShown("Yo v0");
    EXPECT_EQ(tree().leaves().size(), 2U) << "tokens of another tokenizer are not gone on from";
    stories.sideways(-1);
    settle();
    expectShown("Hi w0 w1");
    EXPECT_EQ(script->requests.back().prompt, "Hi w0 w1");
    EXPECT_EQ(script->requests.back().maxTokens, 0);
}

TEST_F(StoryTreeSession, FilesKeepEverything) {
    const auto path = [&](const char* name) { return QString::fromStdString((folder / name).string()); };
    open();
    write(2, "Hi");
    stories.retry(request(1));
    settle();
    stories.setBookmarked(tree().current(), true);
    stories.setNote(tree().current(), QStringLiteral("shorter"));
    stories.saveAs(path("a.json"));
    stories.saveAs(path("a.txt"));
    stories.saveAs(path("a.md"));
    EXPECT_EQ(test::readFile(folder / "a.txt"), "Hi w0\n");
    EXPECT_EQ(test::readFile(folder / "a.md").substr(0, 9), "**Hi** w0");
    stories.newStory();
    stories.open(path("a.json"));
    settle();
    EXPECT_EQ(shown(), "Hi w0");
    ASSERT_EQ(tree().leaves().size(), 2U);
    EXPECT_TRUE(tree().at(tree().current()).bookmarked);
    EXPECT_EQ(tree().at(tree().current()).note, "shorter");
    stories.open(path("none.json"));
    EXPECT_TRUE(failure.contains(QStringLiteral("none.json"))) << failure.toStdString();
    EXPECT_EQ(shown(), "Hi w0") << "nothing is lost";
    stories.saveAs(path("no folder/a.json"));
    EXPECT_TRUE(failure.contains(QStringLiteral("no folder"))) << failure.toStdString();
}

TEST_F(StoryTreeSession, TheStoryIsKeptWhileItChanges) {
    const auto file = folder / "deep" / "last.story.json";
    stories.keepIn(QString::fromStdString(file.string()));
    open();
    write(2, "Hi");
    ASSERT_TRUE(wait([&] { return std::filesystem::exists(file); }));
    EXPECT_EQ(readStoryFile(file).text(readStoryFile(file).current()), "Hi w0 w1");
    write(1, "!");
    stories.flush();
    EXPECT_EQ(readStoryFile(file).text(readStoryFile(file).current()), "Hi w0 w1! w0");
}

// Begun by the test below as a process of its own.
TEST(StoryKeeperChild, changesItsStoryAllTheTime) {
    const char* file = std::getenv("LOOM_KEEP_IN");
    if (file == nullptr) GTEST_SKIP() << "only as a child of StoryKeeper.AKillLosesAtMostTwoSeconds";
    const int channel = std::atoi(std::getenv("LOOM_TELL"));
    StoryKeeper keeper(QString::fromUtf8(file));
    StoryTree tree;
    for (std::int64_t count = 1; count < 1000; ++count) {
        Passage passage;
        passage.tokens.resize(1);
        passage.tokens[0].text = passage.tokens[0].label = "x";
        tree.append(std::move(passage));
        keeper.keep(tree);
        ASSERT_EQ(::write(channel, &count, sizeof count), static_cast<ssize_t>(sizeof count));
        QTest::qWait(20);
    }
}

TEST(StoryKeeper, AKillLosesAtMostTwoSeconds) {
    test::TempFolder folder;
    const auto file = folder / "last.story.json";
    for (int round = 0; round < 5; ++round) {
        std::filesystem::remove(file);
        int channel[2];
        ASSERT_EQ(pipe(channel), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::setenv("LOOM_KEEP_IN", file.c_str(), 1);
            ::setenv("LOOM_TELL", std::to_string(channel[1]).c_str(), 1);
            ::execl("/proc/self/exe", "keeper", "--gtest_filter=StoryKeeperChild.*", "--gtest_brief=1", nullptr);
            _exit(127);
        }
        close(channel[1]);
        std::int64_t told = 0, value = 0;
        while (told < 100 + 9 * round && read(channel[0], &value, sizeof value) == sizeof value) told = value;
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        while (read(channel[0], &value, sizeof value) == sizeof value) told = value;
        close(channel[0]);
        ASSERT_GE(told, 100);
        const StoryTree kept = readStoryFile(file);
        EXPECT_GE(kept.tokensShared(), told - 2000 / 20) << "what is older than two seconds is there";
    }
}

}  // namespace
}  // namespace loom::session
