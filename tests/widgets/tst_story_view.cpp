// SPDX-License-Identifier: GPL-3.0-or-later
// StoryView: text follows the model, selection and scroll position stay, tokens are found under the pointer and by key.
#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include "tests/widgets/story_samples.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/write/story_view.h"

namespace loom::ui {
namespace {

using samples::story;
using samples::token;

struct StoryViewTest : ::testing::Test {
    StoryModel model;
    StoryView view{&model};
    void SetUp() override {
        view.resize(600, 200);
        view.show();
    }
    void append(const std::string& text) {
        StoryUpdate update;
        update.appended = {token(model.rowCount(), text)};
        model.apply(update);
    }
    QPoint middleOf(int row) const { return view.tokenRects(row).at(0).center().toPoint(); }
};

TEST_F(StoryViewTest, ShowsTheStoryAndNothingElse) {
    model.apply(story({",", " there", " was", "\n\n", "She"}));
    EXPECT_EQ(view.toPlainText(), QStringLiteral("Once upon a time, there was\n\nShe"));
    EXPECT_TRUE(view.isReadOnly());
    model.clear();
    EXPECT_EQ(view.toPlainText(), QString());
}

TEST_F(StoryViewTest, OddCharactersKeepOffsetsTrue) {
    model.apply(story({"\r\n", std::string("\0x", 2), "\xF0\x9F\xAA\x81", "\xEF\xB7\x90", "!"}));
    EXPECT_EQ(view.document()->characterCount() - 1, model.storyText().size());
    append(" end");
    EXPECT_EQ(view.document()->characterCount() - 1, model.storyText().size());
    EXPECT_TRUE(view.toPlainText().endsWith(QStringLiteral("! end")));
}

TEST_F(StoryViewTest, AppendingKeepsTheSelection) {
    model.apply(story({" there", " was"}));
    view.selectAll();
    const QString selected = view.textCursor().selectedText();
    append(" a");
    EXPECT_EQ(view.textCursor().selectedText(), selected);
    EXPECT_TRUE(view.toPlainText().endsWith(QStringLiteral(" was a")));
}

TEST_F(StoryViewTest, ScrollsAlongOnlyAtTheEnd) {
    model.apply(story({}));
    for (int i = 0; i < 60; ++i) append("\nAnd then the dog ran.");
    QScrollBar* bar = view.verticalScrollBar();
    ASSERT_GT(bar->maximum(), 0);
    EXPECT_EQ(bar->value(), bar->maximum());
    bar->setValue(3);
    append("\nMore.");
    EXPECT_EQ(bar->value(), 3);
    bar->setValue(bar->maximum());
    append("\nMore.");
    EXPECT_EQ(bar->value(), bar->maximum());
}

TEST_F(StoryViewTest, TextStaysInAColumn) {
    view.resize(2000, 300);
    model.apply(story(std::vector<std::string>(100, " word")));
    QCoreApplication::processEvents();
    EXPECT_LT(view.viewport()->width(), 1200);
    for (int row = 1; row < model.rowCount(); ++row)
        for (const QRectF& rect : view.tokenRects(row)) EXPECT_LE(rect.right(), view.viewport()->width());
}

TEST_F(StoryViewTest, FindsTheTokenUnderAPoint) {
    model.apply(story({",", " there", " was"}));
    for (int row = 1; row < model.rowCount(); ++row) EXPECT_EQ(view.tokenAt(middleOf(row)), row);
    EXPECT_EQ(view.tokenAt(QPoint(590, 190)), -1);
    EXPECT_TRUE(view.tokenRects(0).empty());
    EXPECT_TRUE(view.tokenRects(-1).empty());
    EXPECT_TRUE(view.tokenRects(model.rowCount()).empty());
}

TEST_F(StoryViewTest, HoveringAsksForAlternatives) {
    model.apply(story({",", " there", " was"}));
    QSignalSpy asked(&view, &StoryView::inspectedChanged);
    QTest::mouseMove(view.viewport(), middleOf(6));
    ASSERT_TRUE(asked.wait(5000));
    EXPECT_EQ(asked.last().at(0).toInt(), 6);
    QTest::mouseMove(view.viewport(), middleOf(7));  // at once while one is open
    EXPECT_EQ(view.inspectedToken(), 7);
    QEvent leave(QEvent::Leave);
    QCoreApplication::sendEvent(&view, &leave);
    EXPECT_EQ(view.inspectedToken(), -1);
}

TEST_F(StoryViewTest, KeysMoveTheInspectedToken) {
    model.apply(story({",", " there", ""}));
    view.moveCursor(QTextCursor::Start);
    QTest::keyClick(&view, Qt::Key_Right, Qt::AltModifier);
    EXPECT_EQ(view.inspectedToken(), 1);  // the special at 0 has no text
    QTest::keyClick(&view, Qt::Key_Left, Qt::AltModifier);
    EXPECT_EQ(view.inspectedToken(), 1);
    for (int i = 0; i < 20; ++i) QTest::keyClick(&view, Qt::Key_Right, Qt::AltModifier);
    EXPECT_EQ(view.inspectedToken(), 6);
    QTest::keyClick(&view, Qt::Key_Escape);
    EXPECT_EQ(view.inspectedToken(), -1);
    view.moveCursor(QTextCursor::End);
    QTest::keyClick(&view, Qt::Key_Left, Qt::AltModifier);
    EXPECT_EQ(view.inspectedToken(), 6);
    model.clear();
    EXPECT_EQ(view.inspectedToken(), -1);
    QTest::keyClick(&view, Qt::Key_Right, Qt::AltModifier);
    EXPECT_EQ(view.inspectedToken(), -1);
}

TEST_F(StoryViewTest, FindWrapsAround) {
    model.apply(story({" dog", " Dog", " cat", " dog"}));
    view.moveCursor(QTextCursor::Start);
    EXPECT_EQ(view.findText(QStringLiteral("dog"), false, true).current, 1);
    EXPECT_EQ(view.findText(QStringLiteral("dog"), false, true).current, 1);
    EXPECT_EQ(view.findText(QStringLiteral("dog"), false, false).current, 2);
    EXPECT_EQ(view.findText(QStringLiteral("dog"), false, false).current, 3);
    EXPECT_EQ(view.findText(QStringLiteral("dog"), false, false).current, 1);
    EXPECT_EQ(view.findText(QStringLiteral("dog"), true, false).current, 3);
    EXPECT_EQ(view.findText(QStringLiteral("dog"), true, false).current, 2);
    EXPECT_EQ(view.textCursor().selectedText(), QStringLiteral("Dog"));
    EXPECT_EQ(view.extraSelections().size(), 3);
    EXPECT_EQ(view.findText(QStringLiteral("horse"), false, false).all, 0);
    EXPECT_EQ(view.findText({}, false, true).all, 0);
    EXPECT_TRUE(view.extraSelections().isEmpty());
}

TEST_F(StoryViewTest, PaintsWhileWritingAndWhileEmpty) {
    view.setWriting(true);
    EXPECT_FALSE(view.grab().isNull());
    model.apply(story({" there", "\n"}));
    const QImage plain = view.grab().toImage();
    view.inspect(5, true);
    EXPECT_NE(view.grab().toImage(), plain);
}

}  // namespace
}  // namespace loom::ui
