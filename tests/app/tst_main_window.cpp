// SPDX-License-Identifier: GPL-3.0-or-later
// The window as a whole, offscreen, over an engine made of gates: opening, writing, pages, errors, closing, remembering.
#include <gtest/gtest.h>

#include <QAction>
#include <QDialog>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTest>
#include <QUrl>

#include "app/settings.h"
#include "tests/app/window_fixture.h"
#include "widgets/cache/cache_page.h"
#include "widgets/common/message_bar.h"
#include "widgets/common/mode_bar.h"
#include "widgets/inside/inside_page.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/write/story_view.h"
#include "widgets/write/sampler_panel.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

class Window : public WindowFixture {
protected:
    void write(std::int64_t tokens, const char* prompt = "") { beginWriting(tokens, prompt); }
    void writeAll(std::int64_t tokens, const char* prompt = "") {
        write(tokens, prompt);
        ASSERT_TRUE(wait([&] { return !session().isWriting(); }));
    }
};

TEST_F(Window, StartsEmptyAndSaysHowToBegin) {
    show();
    EXPECT_EQ(window->windowTitle(), QStringLiteral("LatentLoom"));
    EXPECT_FALSE(parts().actions.write->isEnabled());
    EXPECT_FALSE(parts().actions.saveStory->isEnabled());
    EXPECT_FALSE(parts().message->isVisible());
    EXPECT_EQ(parts().stack->currentWidget(), parts().writePage);
}

TEST_F(Window, APlaceOnALargerScreenIsNotKept) {
    QWidget large;
    large.setGeometry(0, 0, 5000, 3000);
    Settings settings;
    settings.geometry = large.saveGeometry();
    saveSettings(settings);
    show();
    EXPECT_LT(window->width(), 5000);
    EXPECT_LT(window->height(), 3000);
}

TEST_F(Window, WordsWrittenBeforeThePageWasShownAreFilledIn) {
    script->tokensWait = true;
    show();
    openFake();
    write(100);
    script->token.allow(5);
    ASSERT_TRUE(wait([&] { return script->tokens == 5; }));
    parts().actions.pages[1]->trigger();
    script->token.openForAll();
    ASSERT_TRUE(wait([&] { return !session().isWriting(); }));
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == 101; }));
}

TEST_F(Window, ABadFileSaysSoOnceAndTheModelStays) {
    show();
    openFake();
    writeAll(4, "Hi");
    window->openModel(QStringLiteral("/models/bad.bin"));
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_EQ(parts().message->text(), QStringLiteral("This is not a checkpoint (/models/bad.bin). Choose another file"));
    EXPECT_EQ(window->windowTitle(), QStringLiteral("good — LatentLoom"));
    EXPECT_TRUE(parts().actions.write->isEnabled());
    QTest::keyClick(parts().message, Qt::Key_Escape);
    EXPECT_FALSE(parts().message->isVisible());
    window->openModel(QStringLiteral("/models/bad.bin"));
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    openFake("/models/second");
    ASSERT_TRUE(wait([&] { return window->windowTitle() == QStringLiteral("second — LatentLoom"); }));
    EXPECT_FALSE(parts().message->isVisible());
    EXPECT_FALSE(parts().story->storyText().isEmpty());  // readable until the next story begins
}

TEST_F(Window, ABadPathOnTheCommandLineIsAMessageInTheWindow) {
    LaunchOptions options;
    options.model = QStringLiteral("/models/bad.bin");
    show(options);
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(window->isVisible());
    EXPECT_FALSE(session().hasModel());
}

TEST_F(Window, ClosingWhileWritingIsSafe) {
    for (int round = 0; round < 5; ++round) {
        show();
        openFake();
        if (round % 2 == 1) parts().actions.pages[1]->trigger();
        write(100000);
        ASSERT_TRUE(wait([&] { return script->tokens > round * 50; }));
        window->close();
        window.reset();
        EXPECT_EQ(script->sessions, 0);
        script = std::make_shared<test::Script>();
    }
}

TEST_F(Window, StopWithTheKeyboard) {
    show();
    openFake();
    write(100000);
    EXPECT_TRUE(parts().actions.stop->isEnabled());
    QTest::keyClick(window.get(), Qt::Key_Period, Qt::ControlModifier);
    ASSERT_TRUE(wait([&] { return !session().isWriting(); }));
    EXPECT_TRUE(parts().actions.write->isEnabled());
}

TEST_F(Window, PagesWithTheKeyboard) {
    show();
    QTest::keyClick(window.get(), Qt::Key_2, Qt::ControlModifier);
    EXPECT_EQ(parts().stack->currentWidget(), parts().insidePage);
    EXPECT_EQ(parts().modeBar->mode(), 1);
    QTest::keyClick(window.get(), Qt::Key_3, Qt::ControlModifier);
    EXPECT_EQ(parts().stack->currentWidget(), parts().cachePage);
    EXPECT_TRUE(parts().actions.pages[2]->isChecked());
    QTest::keyClick(window.get(), Qt::Key_1, Qt::ControlModifier);
    EXPECT_EQ(parts().stack->currentWidget(), parts().writePage);
}

TEST_F(Window, NoTwoActionsShareAShortcut) {
    show();
    QMap<QString, QString> seen;
    for (const QAction* action : window->findChildren<QAction*>()) {
        for (const QKeySequence& keys : action->shortcuts()) {
            if (action->shortcutContext() == Qt::WidgetShortcut) continue;
            const QString text = keys.toString();
            EXPECT_FALSE(seen.contains(text)) << text.toStdString() << ": " << seen.value(text).toStdString() << ", "
                                              << action->text().toStdString();
            seen.insert(text, action->text());
        }
    }
    EXPECT_GT(seen.size(), 15);
}

TEST_F(Window, ThemeAndTextSize) {
    show();
    const double normal = QApplication::font().pointSizeF();
    parts().actions.themes[2]->trigger();
    EXPECT_TRUE(ui::isDark(QApplication::palette()));
    parts().actions.themes[1]->trigger();
    EXPECT_FALSE(ui::isDark(QApplication::palette()));
    parts().actions.textLarger->trigger();
    parts().actions.textLarger->trigger();
    EXPECT_NEAR(QApplication::font().pointSizeF(), normal * 1.21, 0.01);
    parts().actions.textReset->trigger();
    EXPECT_NEAR(QApplication::font().pointSizeF(), normal, 0.01);
    for (int i = 0; i < 40; ++i) parts().actions.textLarger->trigger();
    EXPECT_LE(window->settings().textScale, kLargestText);
    for (int i = 0; i < 80; ++i) parts().actions.textSmaller->trigger();
    EXPECT_GE(window->settings().textScale, kSmallestText);
    parts().actions.textReset->trigger();
}

TEST_F(Window, WhatWasSetIsThereTheNextTime) {
    show();
    openFake();
    window->resize(700, 560);
    parts().writePage->setSamplers({0.5, 30, 0.9, 0.05, 1.2});
    parts().writePage->samplerPanel()->setBeams({.width = 3});
    parts().writePage->samplerPanel()->setOwnPresets({{QStringLiteral("mine"), plainSampling()}});
    parts().writePage->setMaxTokens(99);
    parts().actions.themes[2]->trigger();
    parts().actions.pages[2]->trigger();
    parts().insidePage->setLayer(LayerIndex{1});
    const QSize size = window->size();
    window->close();
    show();
    EXPECT_EQ(window->size(), size);
    EXPECT_EQ(parts().writePage->samplers(), (SamplerSettings{0.5, 30, 0.9, 0.05, 1.2}));
    EXPECT_EQ(parts().writePage->samplerPanel()->beams(), (BeamSearch{.width = 3}));
    ASSERT_EQ(parts().writePage->samplerPanel()->ownPresets().size(), 1U);
    EXPECT_EQ(parts().writePage->maxTokens(), 99);
    EXPECT_TRUE(ui::isDark(QApplication::palette()));
    EXPECT_TRUE(parts().actions.themes[2]->isChecked());
    EXPECT_EQ(parts().stack->currentWidget(), parts().writePage) << "nothing is written yet, so nothing else has something to show";
    openFake();
    EXPECT_EQ(parts().insidePage->layer(), LayerIndex{1});
    EXPECT_EQ(window->settings().recent, QStringList{QStringLiteral("/models/good")});
}

TEST_F(Window, CommandLineWinsOverWhatIsRemembered) {
    LaunchOptions options;
    options.page = Page::Inside;
    options.theme = ui::ThemeChoice::Dark;
    options.textScale = 1.5;
    const double normal = QApplication::font().pointSizeF();
    show(options);
    EXPECT_EQ(parts().stack->currentWidget(), parts().insidePage);
    EXPECT_TRUE(ui::isDark(QApplication::palette()));
    EXPECT_GT(QApplication::font().pointSizeF(), normal);
    parts().actions.textReset->trigger();
}

TEST_F(Window, FilesAreOpenedWhereTheyAreDropped) {
    show();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(QStringLiteral("/models/dropped"))});
    for (QWidget* target : {static_cast<QWidget*>(window.get()), parts().writePage->findChild<QPlainTextEdit*>()->viewport()}) {
        const std::int64_t before = script->opens;
        QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(target, &enter);
        EXPECT_TRUE(enter.isAccepted());
        QApplication::sendEvent(target, &drop);
        ASSERT_TRUE(wait([&] { return script->opens > before; }));
    }
    QMimeData text;
    text.setText(QStringLiteral("no file"));
    QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &text, Qt::LeftButton, Qt::NoModifier);
    enter.ignore();
    QApplication::sendEvent(window.get(), &enter);
    EXPECT_FALSE(enter.isAccepted());
    ASSERT_TRUE(wait([&] { return session().hasModel(); }));
}

TEST_F(Window, AConfigFileStandsForItsFolder) {
    show();
    window->openModel(QStringLiteral("/models/folder/config.json"));
    ASSERT_TRUE(wait([&] { return session().hasModel(); }));
    EXPECT_EQ(window->settings().recent, QStringList{QStringLiteral("/models/folder")});
    EXPECT_EQ(window->settings().lastFolder, QStringLiteral("/models"));
}

TEST_F(Window, RecentFilesCanBeOpenedAndForgotten) {
    show();
    openFake("/models/one");
    openFake("/models/two");
    ASSERT_TRUE(wait([&] { return window->settings().recent.size() == 2; }));
    emit parts().actions.recent->aboutToShow();
    const QList<QAction*> list = parts().actions.recent->actions();
    ASSERT_EQ(list.size(), 4);  // two, one, separator, clear
    list[1]->trigger();
    ASSERT_TRUE(wait([&] { return window->windowTitle() == QStringLiteral("one — LatentLoom"); }));
    parts().actions.clearRecent->trigger();
    EXPECT_TRUE(window->settings().recent.isEmpty());
    EXPECT_FALSE(parts().actions.recent->isEnabled());
}

TEST_F(Window, NewStoryClearsEveryPage) {
    show();
    openFake();
    writeAll(5, "ab");
    parts().actions.pages[1]->trigger();
    ASSERT_TRUE(wait([&] { return parts().heads->tokens() == 8; }));
    parts().actions.newStory->trigger();
    EXPECT_EQ(parts().story->rowCount(), 0);
    EXPECT_EQ(parts().heads->tokens(), 0);
    EXPECT_EQ(parts().cache->used(), 0);
    EXPECT_FALSE(parts().actions.saveStory->isEnabled());
}

TEST_F(Window, ThePathCanBeChangedForALatentOnly) {
    show();
    openFake();
    EXPECT_FALSE(parts().actions.naive->isEnabled());
    script->latent = true;
    openFake("/models/latent");
    ASSERT_TRUE(wait([&] { return parts().actions.naive->isEnabled(); }));
    EXPECT_TRUE(parts().actions.absorbed->isChecked());
    writeAll(3);
    const CacheSpec before = parts().cache->spec();
    parts().actions.naive->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    EXPECT_NE(parts().cache->spec(), before);
    EXPECT_EQ(parts().cache->used(), 0);
    EXPECT_EQ(parts().story->rowCount(), 4);
    EXPECT_TRUE(parts().actions.naive->isChecked());
}

TEST_F(Window, ThePrecisionIsAChoiceThatIsRemembered) {
    show();
    openFake();
    const auto action = [this](PrecisionChoice choice) { return parts().actions.precisions[static_cast<std::size_t>(choice)]; };
    EXPECT_TRUE(action(PrecisionChoice::Auto)->isChecked());
    EXPECT_TRUE(action(PrecisionChoice::Auto)->text().contains(QStringLiteral("f32"))) << "what it means for this model";
    writeAll(3);
    action(PrecisionChoice::Int8)->trigger();
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    EXPECT_TRUE(action(PrecisionChoice::Int8)->isChecked());
    EXPECT_EQ(parts().story->rowCount(), 4) << "the story stays";
    EXPECT_EQ(loadSettings().precision, PrecisionChoice::Int8);
    EXPECT_TRUE(parts().actions.measurePrecisions->isEnabled());
    for (const PrecisionChoice choice : kPrecisionChoices) EXPECT_FALSE(action(choice)->toolTip().isEmpty());
}

TEST_F(Window, WithoutAFastPathThePrecisionsSayWhy) {
    script->fast = false;
    show();
    openFake();
    const auto action = [this](PrecisionChoice choice) { return parts().actions.precisions[static_cast<std::size_t>(choice)]; };
    ASSERT_TRUE(wait([&] { return !action(PrecisionChoice::Int8)->isEnabled(); }));
    EXPECT_EQ(action(PrecisionChoice::Int8)->toolTip(), QStringLiteral("The fast path cannot compute this."));
    EXPECT_TRUE(action(PrecisionChoice::Reference)->isEnabled());
    EXPECT_FALSE(parts().actions.measurePrecisions->isEnabled());
}

TEST_F(Window, CopyTakesTheSelectedWords) {
    show();
    openFake();
    writeAll(2, "Hi");
    parts().actions.selectAll->trigger();  // the prompt has the focus, so its text
    parts().writePage->storyView()->setFocus();
    parts().actions.selectAll->trigger();
    EXPECT_EQ(parts().writePage->storyView()->textCursor().selectedText(), QStringLiteral("Hi w0 w1"));
}

TEST_F(Window, HelpOpensWithoutStoppingAnything) {
    show();
    openFake();
    write(100000);
    parts().actions.about->trigger();
    parts().actions.shortcuts->trigger();
    EXPECT_NE(window->findChild<QDialog*>(QStringLiteral("about")), nullptr);
    EXPECT_NE(window->findChild<QDialog*>(QStringLiteral("shortcuts")), nullptr);
    EXPECT_TRUE(session().isWriting());
    parts().actions.stop->trigger();
    ASSERT_TRUE(wait([&] { return !session().isWriting(); }));
}

}  // namespace
}  // namespace loom::app
