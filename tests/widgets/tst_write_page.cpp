// SPDX-License-Identifier: GPL-3.0-or-later
// WritePage: what is asked for, when its buttons work, and why a text ended.
#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include "tests/widgets/story_samples.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/itemmodels/story_tree_model.h"
#include "widgets/write/alternatives_popup.h"
#include "widgets/write/prompt_edit.h"
#include "widgets/write/sampler_panel.h"
#include "widgets/write/story_tree_panel.h"
#include "widgets/write/story_view.h"
#include "widgets/write/write_page.h"

namespace loom::ui {
namespace {

struct WritePageTest : ::testing::Test {
    StoryModel story;
    StoryTreeModel tree;
    WritePage page{&story, &tree};
    QSignalSpy asked{&page, &WritePage::writeRequested};
    void SetUp() override {
        page.resize(1280, 640);
        page.show();
    }
    QPushButton* button(const char* text) const {
        for (auto* b : page.findChildren<QPushButton*>())
            if (b->text() == QLatin1String(text)) return b;
        return nullptr;
    }
    PromptEdit& prompt() const { return *page.findChild<PromptEdit*>(); }
    QString reason() const { return page.findChild<QLabel*>(QStringLiteral("reason"))->text(); }
    WriteInput sent() const { return asked.last().at(0).value<WriteInput>(); }
};

TEST_F(WritePageTest, NothingCanBeWrittenWithoutAModel) {
    EXPECT_FALSE(button("Write")->isEnabled());
    EXPECT_FALSE(button("Stop")->isEnabled());
    page.write();
    EXPECT_EQ(asked.size(), 0);
    QSignalSpy open(&page, &WritePage::openRequested);
    for (auto* b : page.findChildren<QPushButton*>())
        if (b->text().contains(QStringLiteral("checkpoint"))) b->click();
    EXPECT_EQ(open.size(), 1);
    EXPECT_FALSE(page.storyView()->isVisible());
}

TEST_F(WritePageTest, ABeginningFillsThePromptAndWritingShowsTheStory) {
    page.setReady(true);
    EXPECT_FALSE(page.storyView()->isVisible());
    QString opening;
    for (auto* b : page.findChildren<QPushButton*>()) {
        if (!b->isVisible() || !b->text().startsWith(QStringLiteral("Once upon a time"))) continue;
        opening = b->text();
        b->click();
    }
    ASSERT_FALSE(opening.isEmpty());
    EXPECT_EQ(page.promptText(), opening);
    EXPECT_EQ(asked.size(), 0) << "it may still be changed";
    page.setWriting(true);
    EXPECT_TRUE(page.storyView()->isVisible());
}

TEST_F(WritePageTest, EnterWritesAndShiftEnterBreaksTheLine) {
    page.setReady(true);
    QTest::keyClicks(&prompt(), QStringLiteral("One"));
    QTest::keyClick(&prompt(), Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(&prompt(), QStringLiteral("two"));
    EXPECT_EQ(asked.size(), 0);
    QTest::keyClick(&prompt(), Qt::Key_Return);
    ASSERT_EQ(asked.size(), 1);
    EXPECT_EQ(sent().prompt, QStringLiteral("One\ntwo"));
    EXPECT_EQ(sent().maxTokens, 256);
    EXPECT_FALSE(sent().seed.has_value());
    EXPECT_EQ(page.promptText(), QStringLiteral("One\ntwo"));  // kept until writing begins
    page.setWriting(true);
    EXPECT_EQ(page.promptText(), QString());
}

TEST_F(WritePageTest, PromptGrowsToFourLines) {
    page.setReady(true);
    const int one = prompt().sizeHint().height();
    page.setPromptText(QStringLiteral("a\nb\nc"));
    const int three = prompt().sizeHint().height();
    page.setPromptText(QStringLiteral("a\nb\nc\nd"));
    const int four = prompt().sizeHint().height();
    page.setPromptText(QStringLiteral("a\nb\nc\nd\ne\nf"));
    EXPECT_LT(one, three);
    EXPECT_LT(three, four);
    EXPECT_EQ(prompt().sizeHint().height(), four);
}

TEST_F(WritePageTest, WhatIsTypedIsPartedFromTheStory) {
    page.setReady(true);
    page.setPromptText(QStringLiteral("Then"));
    EXPECT_EQ(page.input().prompt, QStringLiteral("Then"));
    story.apply(samples::story({" dog"}));
    EXPECT_EQ(page.input().prompt, QStringLiteral(" Then"));
    page.setPromptText(QStringLiteral(", and"));
    EXPECT_EQ(page.input().prompt, QStringLiteral(", and"));
    page.setPromptText({});
    EXPECT_EQ(page.input().prompt, QString());
    story.apply(samples::story({" dog", "\n"}));
    page.setPromptText(QStringLiteral("Then"));
    EXPECT_EQ(page.input().prompt, QStringLiteral("Then"));
}

TEST_F(WritePageTest, StopWorksOnlyWhileWriting) {
    page.setReady(true);
    QSignalSpy stopped(&page, &WritePage::stopRequested);
    page.stop();
    QTest::keyClick(&prompt(), Qt::Key_Escape);
    EXPECT_EQ(stopped.size(), 0);
    page.setWriting(true);
    EXPECT_FALSE(button("Write")->isEnabled());
    page.write();
    EXPECT_EQ(asked.size(), 0);
    QTest::keyClick(&prompt(), Qt::Key_Escape);
    button("Stop")->click();
    EXPECT_EQ(stopped.size(), 2);
    page.setWriting(false);
    EXPECT_TRUE(button("Write")->isEnabled());
    EXPECT_FALSE(button("Stop")->isEnabled());
}

TEST_F(WritePageTest, ProgressIsShownWhileThePromptIsRead) {
    page.setReady(true);
    auto* bar = page.findChild<QProgressBar*>();
    page.showProgress(1, 2);
    EXPECT_FALSE(bar->isVisible());  // nothing is being written
    page.setWriting(true);
    page.showProgress(128, 512);
    EXPECT_TRUE(bar->isVisible());
    EXPECT_EQ(bar->value(), 250);
    EXPECT_TRUE(reason().contains(QStringLiteral("128 of 512")));
    page.showProgress(512, 512);
    EXPECT_FALSE(bar->isVisible());
    page.showProgress(0, 0);
    EXPECT_FALSE(bar->isVisible());
}

TEST_F(WritePageTest, SaysWhyATextEnded) {
    GenerateSummary summary;
    summary.tokens = {TokenId(1)};
    summary.cache.capacityTokens = 512;
    summary.seed = 1729;
    summary.stopReason = StopReason::Context;
    EXPECT_TRUE(stopSentence(summary).contains(QStringLiteral("512")));
    EXPECT_TRUE(stopSentence(summary).contains(QStringLiteral("new story")));
    summary.stopReason = StopReason::MaxTokens;
    EXPECT_TRUE(stopSentence(summary).contains(QStringLiteral("1 token.")));
    QStringList sentences;
    for (const StopReason reason :
         {StopReason::Eos, StopReason::MaxTokens, StopReason::Context, StopReason::StopString, StopReason::Cancelled}) {
        summary.stopReason = reason;
        EXPECT_TRUE(stopSentence(summary).endsWith(QLatin1Char('.')));
        sentences << stopSentence(summary);
    }
    EXPECT_EQ(sentences.removeDuplicates(), 0);
    page.showSummary(summary);
    EXPECT_TRUE(reason().contains(QStringLiteral("1729")));
    EXPECT_EQ(page.seedText(), QStringLiteral("1729"));
}

TEST_F(WritePageTest, SettingsComeBackAsTheyWereSet) {
    const SamplerSettings wanted{.temperature = 0.65, .topK = 40, .topP = 0.9, .minP = 0.05, .repetitionPenalty = 1.1};
    page.setSamplers(wanted);
    const SamplerSettings now = page.samplers();
    EXPECT_NEAR(now.temperature, 0.65, 1e-9);
    EXPECT_EQ(now.topK, 40);
    EXPECT_NEAR(now.topP, 0.9, 1e-9);
    EXPECT_NEAR(now.minP, 0.05, 1e-9);
    EXPECT_NEAR(now.repetitionPenalty, 1.1, 1e-9);
    page.setSamplers({.temperature = -5, .topK = -1, .topP = 9, .minP = -1, .repetitionPenalty = 0});
    EXPECT_FALSE(problemWith(page.samplers()).has_value());
    page.setMaxTokens(1000);
    page.setContextLimit(512);
    EXPECT_EQ(page.maxTokens(), 512);
    page.setMaxTokens(-3);
    EXPECT_EQ(page.maxTokens(), 1);
}

TEST_F(WritePageTest, SeedsAreReadExactly) {
    page.setNewSeedEachTime(false);
    page.setSeedText(QStringLiteral("18446744073709551615"));
    EXPECT_EQ(page.input().seed, UINT64_MAX);
    page.setSeedText(QStringLiteral("18446744073709551616"));
    EXPECT_FALSE(page.input().seed.has_value());
    page.setSeedText(QStringLiteral("words"));
    EXPECT_EQ(page.seedText(), QString());
    page.setSeedText(QStringLiteral("42"));
    GenerateSummary summary;
    summary.seed = 7;
    page.showSummary(summary);
    EXPECT_EQ(page.seedText(), QStringLiteral("42"));  // a person's own seed stays
    page.setNewSeedEachTime(true);
    EXPECT_FALSE(page.input().seed.has_value());
}

TEST_F(WritePageTest, SplitterStateAndPanel) {
    page.setSamplersVisible(false);
    EXPECT_FALSE(page.samplersVisible());
    page.setSamplersVisible(true);
    EXPECT_TRUE(page.samplersVisible());
    const QByteArray state = page.splitterState();
    EXPECT_TRUE(page.restoreSplitterState(state));
    EXPECT_FALSE(page.restoreSplitterState({}));
    EXPECT_FALSE(page.restoreSplitterState(QByteArray("\x63garbage")));
    page.resize(800, 500);
    QCoreApplication::processEvents();
    EXPECT_LE(page.minimumSizeHint().width(), 800);
}

TEST_F(WritePageTest, ANewStoryBeginsWithThePinnedOpening) {
    page.setReady(true);
    page.newStory();
    EXPECT_EQ(page.promptText(), QString());
    page.samplerPanel()->setOpening(QStringLiteral("Once upon a time"));
    EXPECT_EQ(page.promptText(), QString()) << "only when a story begins";
    page.newStory();
    EXPECT_EQ(page.promptText(), QStringLiteral("Once upon a time"));
    page.setPromptText(QStringLiteral("Lily"));
    page.newStory();
    EXPECT_EQ(page.promptText(), QStringLiteral("Lily")) << "what was typed stays";
}

TEST_F(WritePageTest, BeamSearchSaysNothingOfASeed) {
    page.setSeedText(QStringLiteral("5"));
    GenerateSummary summary;
    summary.seed = 1729;
    summary.beamScore = -0.4;
    page.showSummary(summary);
    EXPECT_FALSE(reason().contains(QStringLiteral("1729")));
    EXPECT_EQ(page.seedText(), QStringLiteral("5"));
}

TEST_F(WritePageTest, PopoverFollowsTheInspectedToken) {
    page.setReady(true);
    story.apply(samples::story({" there", " was"}));
    QCoreApplication::processEvents();
    auto* popup = page.findChild<AlternativesPopup*>();
    page.storyView()->inspect(5, true);
    EXPECT_TRUE(popup->isVisible());
    EXPECT_TRUE(page.rect().contains(popup->geometry().center()));
    story.clear();
    EXPECT_FALSE(popup->isVisible());
}

Passage passage(const std::vector<std::string>& words, PassageOrigin origin) {
    Passage made;
    made.origin = origin;
    for (const std::string& word : words) made.tokens.push_back(samples::token(0, word, TokenOrigin::Generated));
    return made;
}

TEST_F(WritePageTest, AHeldWordIsExchangedForAnother) {
    qRegisterMetaType<Alternative>();
    page.setReady(true);
    story.apply(samples::story({" there", " was"}));
    QCoreApplication::processEvents();
    QSignalSpy branches(&page, &WritePage::branchRequested);
    StoryView* view = page.storyView();
    const QPoint word = view->tokenRects(5).front().center().toPoint();
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, word);
    EXPECT_TRUE(view->isHeld());
    EXPECT_EQ(view->inspectedToken(), 5);
    ASSERT_TRUE(page.popup()->isVisible());
    EXPECT_FALSE(page.popup()->canBeChosen(0)) << "that is the word already";
    EXPECT_TRUE(page.popup()->canBeChosen(1));
    QTest::mouseMove(view->viewport(), view->tokenRects(6).front().center().toPoint());
    EXPECT_EQ(view->inspectedToken(), 5) << "held until it is let go";
    QTest::keyClick(view, Qt::Key_Down);
    QTest::keyClick(view, Qt::Key_Return);
    ASSERT_EQ(branches.size(), 1);
    EXPECT_EQ(branches[0][0].toLongLong(), 5);
    EXPECT_EQ(branches[0][1].value<Alternative>().text, " cat");
    EXPECT_FALSE(view->isHeld());
    view->inspect(6, false);
    QTest::keyClick(view, Qt::Key_Return);
    EXPECT_TRUE(view->isHeld()) << "the keyboard holds as well";
    QTest::keyClick(view, Qt::Key_Return);
    EXPECT_EQ(branches.size(), 1) << "nothing was marked";
    QTest::keyClick(view, Qt::Key_Escape);
    EXPECT_FALSE(view->isHeld());
}

TEST_F(WritePageTest, WordsAreColouredByHowUnlikelyTheyWere) {
    EXPECT_EQ(surpriseOf(0.25F), 2.0);
    EXPECT_EQ(surpriseOf(0), 0.0) << "not computed is not surprising";
    EXPECT_FALSE(surpriseTint(0, page.palette()).isValid());
    EXPECT_EQ(surpriseTint(1, page.palette()).alpha(), 0);
    EXPECT_LT(surpriseTint(0.5F, page.palette()).alpha(), surpriseTint(0.1F, page.palette()).alpha());
    EXPECT_EQ(surpriseTint(1e-3F, page.palette()), surpriseTint(1e-6F, page.palette())) << "full from 8 bits on";
    page.setReady(true);
    StoryUpdate update = samples::story({" there", " was"});
    update.appended[0].probability = 1;
    update.appended[1].probability = 1e-4F;
    story.apply(update);
    page.setColouring(TokenColouring::Surprise);
    QCoreApplication::processEvents();
    StoryView* view = page.storyView();
    const QImage image = view->viewport()->grab().toImage();
    const auto corner = [&](int row) {
        const QRectF word = view->tokenRects(row).front();
        return image.pixelColor((QPointF(word.left() + word.width() / 2, word.top() + 3) * image.devicePixelRatio()).toPoint());
    };
    const QColor paper = image.pixelColor(image.width() - 3, image.height() - 3);
    EXPECT_EQ(corner(5), paper) << "what was certain has no colour";
    EXPECT_NE(corner(6), paper);
    EXPECT_GT(corner(6).red(), corner(6).blue());
    page.setColouring(TokenColouring::Origin);
}

TEST_F(WritePageTest, VersionsAreCountedAndChanged) {
    EXPECT_TRUE(page.versionText().isEmpty());
    StoryTree grown;
    grown.append(passage({"Once"}, PassageOrigin::Person));
    const PassageId first = grown.append(passage({" a", " dog"}, PassageOrigin::Model));
    grown.cut(1);
    grown.append(passage({" a", " cat"}, PassageOrigin::Edit));
    tree.setTree(grown);
    EXPECT_EQ(page.versionText(), QStringLiteral("2 of 2"));
    QSignalSpy chosen(page.treePanel(), &StoryTreePanel::chosen), removed(page.treePanel(), &StoryTreePanel::removeWanted);
    QSignalSpy marked(page.treePanel(), &StoryTreePanel::bookmarkWanted);
    QTreeView* view = page.treePanel()->view();
    const QModelIndex top = view->model()->index(0, 0);
    ASSERT_EQ(view->model()->rowCount(top), 2) << "versions stand one step further in";
    EXPECT_TRUE(view->isExpanded(top));
    EXPECT_EQ(view->currentIndex(), view->model()->index(1, 0, top));
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(view->model()->index(0, 0, top)).center());
    ASSERT_GE(chosen.size(), 1);
    EXPECT_EQ(chosen.back()[0].toLongLong(), first.value());
    QTest::keyClick(view, Qt::Key_B);
    ASSERT_EQ(marked.size(), 1);
    EXPECT_TRUE(marked[0][1].toBool());
    QTest::keyClick(view, Qt::Key_Delete);
    EXPECT_EQ(removed.size(), 1);
    page.treePanel()->search()->setText(QStringLiteral("cat"));
    ASSERT_EQ(view->model()->rowCount(), 1);
    EXPECT_EQ(view->model()->rowCount(view->model()->index(0, 0)), 1) << "with the passages that lead there";
    page.treePanel()->search()->setText(QStringLiteral("bird"));
    EXPECT_TRUE(page.treePanel()->note().contains(QStringLiteral("No passage")));
    page.treePanel()->search()->clear();
    grown.follow(first);
    tree.setTree(grown);
    EXPECT_EQ(page.versionText(), QStringLiteral("1 of 2"));
    QSignalSpy sideways(&page, &WritePage::sidewaysRequested);
    for (QToolButton* button : page.findChildren<QToolButton*>())
        if (button->accessibleName().contains(QStringLiteral("version after"))) button->click();
    ASSERT_EQ(sideways.size(), 1);
    EXPECT_EQ(sideways[0][0].toInt(), 1);
    page.setTreeVisible(false);
    EXPECT_FALSE(page.treeVisible());
    page.setTreeVisible(true);
    EXPECT_TRUE(page.restoreTreeSplitterState(page.treeSplitterState()));
    EXPECT_FALSE(page.restoreTreeSplitterState({}));
}

}  // namespace
}  // namespace loom::ui
