// SPDX-License-Identifier: GPL-3.0-or-later
// The window that opens with the shipped pair: the story that begins by itself and gives way, the twin, the card, the tour, the device.
#include <gtest/gtest.h>

#include <QAction>
#include <QDialog>
#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>

#include "tests/app/window_fixture.h"
#include "tests/support/temp_folder.h"
#include "widgets/cache/cache_page.h"
#include "widgets/common/bottom_strip.h"
#include "widgets/common/message_bar.h"
#include "widgets/common/tour.h"
#include "widgets/common/twin_switch.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

class Start : public WindowFixture {
protected:
    void SetUp() override {
        WindowFixture::SetUp();
        script->pair = true;
        for (const char* name : {"demo-mla", "mla", "mha"}) {
            std::filesystem::create_directory(folder / name);
            test::writeFile(folder / name / "tokenizer.json", "{}");
        }
        options.models = QString::fromStdString(folder.path().string());
    }
    void showWritten() {
        show(options);
        ASSERT_TRUE(wait([&] { return parts().story->rowCount() > 0 && session().canWrite(); }));
    }
    void openPair(const char* name) {
        window->openModel(options.models + QLatin1Char('/') + QLatin1String(name));
        ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    }
    QString message() const { return parts().writePage->findChild<QLabel*>(QStringLiteral("reason"))->text(); }
    QPlainTextEdit* prompt() const { return static_cast<QPlainTextEdit*>(parts().writePage->promptLine()); }
    QWidget* tour() const { return window->findChild<ui::Tour*>(); }

    test::TempFolder folder;
    LaunchOptions options;
};

TEST_F(Start, AStoryBeginsByItself) {
    showWritten();
    EXPECT_EQ(window->windowTitle(), QStringLiteral("demo-mla — LatentLoom"));
    EXPECT_TRUE(parts().story->storyText().startsWith(QStringLiteral("Once upon a time")));
    EXPECT_EQ(script->tokens, 60);
    EXPECT_TRUE(message().contains(QStringLiteral("by itself")));
    EXPECT_GT(parts().cache->used(), 60);
    EXPECT_LT(parts().cache->used(), 4096);
    parts().actions.pages[1]->trigger();
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == parts().story->rowCount(); }));
    EXPECT_EQ(tour(), nullptr) << "not asked for";
    EXPECT_TRUE(window->settings().lastFolder.isEmpty()) << "nobody chose that folder";
}

TEST_F(Start, EmptyAndAFileStartWithoutIt) {
    options.empty = true;
    show(options);
    EXPECT_FALSE(session().isOpening());
    EXPECT_EQ(script->opens, 0);
    options.empty = false;
    options.model = QStringLiteral("/models/good");
    show(options);
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    EXPECT_EQ(parts().story->rowCount(), 0);
    EXPECT_EQ(script->tokens, 0);
}

TEST_F(Start, TypingStopsItAndTheWordsGoOn) {
    script->tokensWait = true;
    show(options);
    ASSERT_TRUE(wait([&] { return session().isWriting(); }));
    script->token.allow(3);
    ASSERT_TRUE(wait([&] { return script->tokens == 3; }));
    QTest::keyClicks(prompt(), QStringLiteral("Then"));
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    EXPECT_EQ(script->tokens, 3);
    EXPECT_TRUE(message().contains(QStringLiteral("stopped for you"))) << message().toStdString();
    EXPECT_EQ(prompt()->toPlainText(), QStringLiteral("Then"));
    script->token.openForAll();
    QTest::keyClick(prompt(), Qt::Key_Return);
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    EXPECT_TRUE(parts().story->storyText().contains(QStringLiteral("w2 Then w0"))) << parts().story->storyText().toStdString();
}

TEST_F(Start, EnterWhileItWritesIsNotLost) {
    script->tokensWait = script->deafToken = true;  // the step that has begun does not notice the stop
    show(options);
    ASSERT_TRUE(wait([&] { return session().isWriting(); }));
    script->token.allow(1);
    ASSERT_TRUE(wait([&] { return script->tokens == 1; }));
    QTest::keyClicks(prompt(), QStringLiteral("Then"));
    QTest::keyClick(prompt(), Qt::Key_Return);
    EXPECT_TRUE(session().isWriting()) << "still the first one";
    script->token.openForAll();
    ASSERT_TRUE(wait([&] { return script->requests.size() == 2 && session().canWrite(); }));
    EXPECT_EQ(script->requests[1].prompt, " Then");
    EXPECT_TRUE(prompt()->toPlainText().isEmpty());
}

TEST_F(Start, WhatIsTypedBeforeTheModelIsThereKeepsItFromBeginning) {
    script->openWaits = true;
    show(options);
    parts().writePage->setPromptText(QStringLiteral("My own story"));
    script->open.openForAll();
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    QCoreApplication::processEvents();
    EXPECT_EQ(script->requests.size(), 0U);
    EXPECT_EQ(parts().story->rowCount(), 0);
}

TEST_F(Start, AModelOpenedMeanwhileGetsNoStoryOfItsOwn) {
    script->openWaits = true;
    show(options);
    window->openModel(options.models + QStringLiteral("/mha"));
    script->open.openForAll();
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    EXPECT_EQ(window->windowTitle(), QStringLiteral("mha — LatentLoom"));
    QCoreApplication::processEvents();
    EXPECT_EQ(script->requests.size(), 0U);
}

TEST_F(Start, ADemoThatCannotBeOpenedSaysSoAndIsForgotten) {
    script->failNewSession = true;
    show(options);
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    script->failNewSession = false;
    openPair("mha");
    QCoreApplication::processEvents();
    EXPECT_EQ(script->requests.size(), 0U);
}

TEST_F(Start, AnotherModelReplacesItWithoutAWord) {
    script->tokensWait = true;
    show(options);
    ASSERT_TRUE(wait([&] { return session().isWriting(); }));
    script->token.openForAll();
    openPair("mha");
    ASSERT_TRUE(wait([&] { return window->windowTitle().startsWith(QStringLiteral("mha")); }));
    EXPECT_EQ(parts().story->rowCount(), 0);
    EXPECT_TRUE(message().isEmpty()) << message().toStdString();
}

TEST_F(Start, OnceTakenUpItIsAPersonsText) {
    showWritten();
    parts().writePage->setPromptText(QStringLiteral("Then"));
    parts().actions.write->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    openPair("mha");
    EXPECT_GT(parts().story->rowCount(), 0);
    EXPECT_TRUE(message().contains(QStringLiteral("the model before"))) << message().toStdString();
}

TEST_F(Start, TheTwinTakesTheStoryOverOnEveryPage) {
    show();
    openPair("mla");
    parts().writePage->setMaxTokens(6);
    parts().writePage->setPromptText(QStringLiteral("Hi"));
    parts().actions.write->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite() && parts().story->rowCount() > 3; }));
    const QString story = parts().story->storyText();
    EXPECT_EQ(parts().cache->spec().form, CacheForm::Latent);
    EXPECT_TRUE(parts().actions.twin->text().contains(QStringLiteral("twin mha")));
    parts().actions.pages[1]->trigger();
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == parts().story->rowCount(); }));
    QTest::mouseClick(parts().strip->twinSwitch()->fullButton(), Qt::LeftButton);
    ASSERT_TRUE(wait([&] { return session().canWrite() && window->windowTitle().startsWith(QStringLiteral("mha")); }));
    EXPECT_EQ(parts().story->storyText(), story);
    EXPECT_EQ(parts().cache->spec().form, CacheForm::Full);
    EXPECT_EQ(parts().cache->used(), parts().story->rowCount()) << "the twin has read all of it";
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == parts().story->rowCount(); }));
    EXPECT_TRUE(message().contains(QStringLiteral("goes on with this story")));
    parts().actions.twin->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite() && window->windowTitle().startsWith(QStringLiteral("mla")); }));
    EXPECT_EQ(parts().story->storyText(), story);
    script->pair = false;
    openPair("mha");
    EXPECT_FALSE(parts().actions.twin->isEnabled());
    EXPECT_FALSE(parts().strip->twinSwitch()->isVisible());
}

TEST_F(Start, ABrokenCardIsSaidAndNothingElse) {
    script->problem = "The model card cannot be read: title must be text.";
    show();
    openPair("mla");
    EXPECT_TRUE(parts().message->isVisible());
    EXPECT_EQ(parts().message->text(), QString::fromStdString(script->problem));
    EXPECT_TRUE(session().canWrite());
}

TEST_F(Start, TheCardOpensFromMenuAndStrip) {
    show();
    EXPECT_FALSE(parts().actions.card->isEnabled());
    openPair("mla");
    parts().actions.card->trigger();
    QPointer<QDialog> card = window->findChild<QDialog*>(QStringLiteral("modelCard"));
    ASSERT_TRUE(card);
    card->reject();
    ASSERT_TRUE(wait([&] { return !card; }));
    emit parts().strip->cardRequested();
    EXPECT_NE(window->findChild<QDialog*>(QStringLiteral("modelCard")), nullptr);
}

TEST_F(Start, TheTourIsOfferedOnce) {
    options.offerTour = true;
    showWritten();
    ASSERT_TRUE(wait([&] { return tour() != nullptr; }));
    auto* first = window->findChild<ui::Tour*>();
    EXPECT_EQ(first->steps(), 6);
    QTest::keyClick(first, Qt::Key_Escape);
    ASSERT_TRUE(wait([&] { return tour() == nullptr; }));
    EXPECT_TRUE(window->settings().tourSeen);
    script->tokens = 0;
    showWritten();
    EXPECT_EQ(tour(), nullptr) << "not again";
    parts().actions.tour->trigger();
    ASSERT_NE(tour(), nullptr) << "but Help shows it";
    parts().actions.tour->trigger();
    EXPECT_EQ(window->findChildren<ui::Tour*>().size(), 1);
}

TEST_F(Start, TheTourKeepsOutOfTheWayOfSomebodyWhoWrites) {
    options.offerTour = script->tokensWait = true;
    show(options);
    ASSERT_TRUE(wait([&] { return session().isWriting(); }));
    QTest::keyClicks(prompt(), QStringLiteral("T"));
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    EXPECT_EQ(tour(), nullptr);
    EXPECT_FALSE(window->settings().tourSeen);
}

TEST_F(Start, ADeviceThatIsNotThereSaysWhy) {
    show();
    QAction* cuda = parts().actions.devices[1];
    EXPECT_FALSE(cuda->isEnabled());
    EXPECT_EQ(script->deviceChecks, 0) << "the start does not load LibTorch for it";
    emit parts().actions.modelMenu->aboutToShow();
    ASSERT_TRUE(wait([&] { return cuda->toolTip().contains(QStringLiteral("CPU only")); }));
    EXPECT_FALSE(cuda->isEnabled());
    emit parts().actions.modelMenu->aboutToShow();
    openPair("mla");
    EXPECT_EQ(script->deviceChecks, 1);
    EXPECT_TRUE(parts().actions.devices[0]->isChecked());
}

TEST_F(Start, TheChosenDeviceIsRememberedAndKeepsTheStory) {
    script->cuda = true;
    show();
    openPair("mla");
    parts().writePage->setMaxTokens(3);
    parts().actions.write->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite() && parts().story->rowCount() > 2; }));
    const QString story = parts().story->storyText();
    ASSERT_TRUE(wait([&] { return parts().actions.devices[1]->isEnabled(); }));
    parts().actions.devices[1]->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite() && session().device() == DeviceKind::Cuda; }));
    EXPECT_EQ(parts().story->storyText(), story);
    EXPECT_TRUE(parts().actions.devices[1]->isChecked());
    EXPECT_EQ(window->settings().device, DeviceKind::Cuda);
    window->close();
    show();
    EXPECT_EQ(session().device(), DeviceKind::Cuda);
    // The next time the GPU is gone.
    script->cuda = false;
    openPair("mla");
    EXPECT_EQ(session().device(), DeviceKind::Cpu);
    EXPECT_TRUE(parts().message->text().contains(QStringLiteral("CPU only"))) << parts().message->text().toStdString();
    EXPECT_EQ(window->settings().device, DeviceKind::Cuda) << "nobody chose otherwise";
}

TEST_F(Start, ADeviceOnTheCommandLineIsMeant) {
    options.device = DeviceKind::Cuda;
    options.model = options.models + QStringLiteral("/mla");
    show(options);
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(parts().message->text().contains(QStringLiteral("CPU only")));
    EXPECT_FALSE(session().hasModel());
}

TEST_F(Start, TheStoryIsThereAgainTheNextTime) {
    options.story = QString::fromStdString((folder / "kept.story.json").string());
    showWritten();
    window->close();
    EXPECT_FALSE(QFile::exists(options.story)) << "the story that began by itself is nobody's";
    showWritten();
    beginWriting(3, "My words");
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    parts().actions.version->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite() && parts().stories->tree().leaves().size() == 2; }));
    const QString story = parts().story->storyText();
    EXPECT_EQ(parts().writePage->versionText(), QStringLiteral("2 of 2"));
    window->close();
    script->tokens = 0;
    show(options);
    ASSERT_TRUE(wait([&] { return message().contains(QStringLiteral("from the last time")); })) << message().toStdString();
    EXPECT_EQ(parts().story->storyText(), story);
    EXPECT_EQ(parts().writePage->versionText(), QStringLiteral("2 of 2"));
    EXPECT_EQ(script->tokens, 0) << "nothing is written by itself";
    parts().actions.versionBefore->trigger();
    EXPECT_EQ(parts().writePage->versionText(), QStringLiteral("1 of 2"));
    parts().actions.newStory->trigger();
    EXPECT_TRUE(parts().story->storyText().isEmpty());
    EXPECT_EQ(parts().stories->tree().leaves().size(), 2U);
    parts().actions.undo->trigger();
    EXPECT_FALSE(parts().story->storyText().isEmpty());
}

TEST_F(Start, AKeptStoryThatCannotBeReadIsPutAside) {
    options.story = QString::fromStdString((folder / "kept.story.json").string());
    test::writeFile(folder / "kept.story.json", "{ half");
    show(options);
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(parts().message->text().contains(QStringLiteral("put aside"))) << parts().message->text().toStdString();
    EXPECT_EQ(test::readFile(folder / "kept.story.json.unreadable"), "{ half") << "nothing is lost";
    EXPECT_FALSE(QFile::exists(options.story));
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    beginWriting(1, "Hi");
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    window->close();
    EXPECT_TRUE(QFile::exists(options.story));
}

}  // namespace
}  // namespace loom::app
