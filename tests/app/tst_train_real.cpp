// SPDX-License-Identifier: GPL-3.0-or-later
// The Train page with the real engine: twenty steps on made stories, paused, resumed, opened in Write, looked at, thrown away.
#include <gtest/gtest.h>

#include <QAction>
#include <QComboBox>
#include <QPushButton>
#include <QStackedWidget>

#include "tests/app/window_fixture.h"
#include "tests/support/temp_folder.h"
#include "widgets/common/message_bar.h"
#include "widgets/itemmodels/run_list_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/run_curves.h"
#include "widgets/train/plan_box.h"
#include "widgets/train/run_header.h"
#include "widgets/train/run_view.h"
#include "widgets/train/setup_view.h"
#include "widgets/train/stories_strip.h"
#include "widgets/train/train_page.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

class TrainReal : public WindowFixture {
protected:
    void SetUp() override {
        WindowFixture::SetUp();
        qputenv("LATENTLOOM_CACHE", QByteArray::fromStdString((folder / "cache").string()));
        qputenv("XDG_DATA_HOME", QByteArray::fromStdString((folder / "data").string()));
    }
    ui::TrainPage& page() { return *parts().trainPage; }
    ui::SetupView& setup() { return *page().setupView(); }
    ui::RunHeader& header() { return *page().runView()->header(); }
    QString said() { return parts().message->text() + u'|' + setup().planBox()->text() + u'|' + header().statusText(); }

    static TrainSetup tiny() {
        TrainSetup s;
        s.name = "Tiny kite";
        s.made = 400;
        s.validShare = 0.05;
        s.preset.clear();
        s.shape = {Latent::Joint, 32, 2, 2, 64, 8, 8, 64, 400};
        s.training = {4, 20, 3e-3, "cosine", "f32", 0.0, 0.0, 0};
        return s;
    }
    /// Shows the page with a setup and waits until it can begin.
    void prepare(const TrainSetup& wish) {
        LaunchOptions options;
        options.page = Page::Train;
        options.empty = true;
        show(options, true);
        setup().setSetup(wish);
        setup().ask();
        ASSERT_TRUE(wait([&] {
            return !setup().planBox()->whyNot().isEmpty() || setup().planBox()->text().contains(QStringLiteral("About")) ||
                   setup().planBox()->text().contains(QStringLiteral("<1 s"));
        })) << said().toStdString();
        ASSERT_TRUE(setup().planBox()->whyNot().isEmpty()) << said().toStdString();
    }

    test::TempFolder folder;
};

TEST_F(TrainReal, TwentyStepsFromThePageToAStory) {
    prepare(tiny());
    const QString plan = setup().planBox()->text();
    EXPECT_TRUE(plan.contains(QStringLiteral("20 steps of 256 tokens"))) << plan.toStdString();
    EXPECT_TRUE(setup().lookText().contains(QStringLiteral("Like this one"))) << setup().lookText().toStdString();
    setup().planBox()->startButton()->click();
    ASSERT_TRUE(wait([&] { return !parts().training->isTraining(); })) << said().toStdString();
    ASSERT_FALSE(parts().message->isVisible()) << said().toStdString();
    ASSERT_TRUE(wait([&] { return header().statusText().startsWith(QStringLiteral("finished")); })) << said().toStdString();
    ASSERT_TRUE(wait([&] { return parts().runs->rowCount() == 1; }));
    const RunSummary run = parts().runs->run(0);
    EXPECT_EQ(run.name, "Tiny kite");
    EXPECT_EQ(run.step, 20);
    ASSERT_TRUE(run.validationLoss.has_value());
    EXPECT_LT(*run.validationLoss, 6.2) << "from ln 400 = 5.99 down; it learns";
    EXPECT_EQ(page().runView()->lossPlot()->csv().count(u'\n'), 21);
    EXPECT_GT(page().runView()->stories()->shownStep(), 0);
    EXPECT_FALSE(page().runView()->stories()->shownText().isEmpty());

    header().openButton()->click();
    ASSERT_TRUE(wait([&] { return session().canWrite() || parts().message->isVisible(); }));
    ASSERT_TRUE(session().hasModel()) << said().toStdString();
    EXPECT_EQ(parts().stack->currentWidget(), parts().writePage);
    EXPECT_EQ(window->windowTitle(), QStringLiteral("Tiny kite — LatentLoom"));
    parts().writePage->setMaxTokens(8);
    parts().writePage->setPromptText(QStringLiteral("Once upon"));
    parts().actions.write->trigger();
    ASSERT_TRUE(session().isWriting());
    ASSERT_TRUE(wait([&] { return !session().isWriting(); }));
    EXPECT_TRUE(parts().story->storyText().startsWith(QStringLiteral("Once upon")));

    // As after a restart: the list is on the disk, and the run can be thrown away.
    show({}, true);
    parts().actions.pages[static_cast<std::size_t>(Page::Train)]->trigger();
    ASSERT_TRUE(wait([&] { return parts().runs->rowCount() == 1; }));
    page().showRun(QString::fromStdString(run.folder));
    ASSERT_TRUE(wait([&] { return page().runView()->lossPlot()->csv().count(u'\n') == 21; }));
    emit page().trashWanted(QString::fromStdString(run.folder));
    ASSERT_TRUE(wait([&] { return parts().runs->rowCount() == 0; })) << said().toStdString();
    EXPECT_FALSE(std::filesystem::exists(run.folder));
}

TEST_F(TrainReal, ARunThatIsPausedGoesOnWhereItWas) {
    TrainSetup wish = tiny();
    wish.training.steps = 4000;
    prepare(wish);
    setup().planBox()->startButton()->click();
    ASSERT_TRUE(wait([&] { return page().runView()->lossPlot()->csv().count(u'\n') > 10; })) << said().toStdString();
    const QString run = page().training();
    // Closing the window saves it.
    window->close();
    ASSERT_TRUE(window->isVisible());
    window.reset();
    show({}, true);
    parts().actions.pages[static_cast<std::size_t>(Page::Train)]->trigger();
    ASSERT_TRUE(wait([&] { return parts().runs->rowOf(run) == 0; })) << said().toStdString();
    const std::int64_t saved = parts().runs->run(0).step;
    EXPECT_GT(saved, 5);
    EXPECT_EQ(parts().runs->run(0).state, RunState::Stopped);
    page().showRun(run);
    header().resumeButton()->click();
    ASSERT_TRUE(wait([&] { return parts().runs->run(0).step > saved; })) << said().toStdString();
    header().pauseButton()->click();
    ASSERT_TRUE(wait([&] { return !parts().training->isTraining(); }));
    ASSERT_TRUE(wait([&] { return header().resumeButton()->isVisible(); })) << said().toStdString();
    std::int64_t expected = 0;
    for (const QString& line : page().runView()->lossPlot()->csv().split(u'\n').mid(1)) {
        if (line.isEmpty()) continue;
        EXPECT_EQ(line.split(u',').at(1).toLongLong(), ++expected) << "no step twice, none left out";
    }
    EXPECT_GT(expected, saved);
}

TEST_F(TrainReal, WhatCannotBeTrainedIsSaidBeforeItBegins) {
    TrainSetup wish = tiny();
    LaunchOptions options;
    options.page = Page::Train;
    options.empty = true;
    show(options, true);
    test::writeFile(folder / "empty.txt", "");
    wish.stories = (folder / "empty.txt").string();
    setup().setSetup(wish);
    setup().ask();
    ASSERT_TRUE(wait([&] { return setup().planBox()->whyNot().contains(QStringLiteral("empty.txt")); })) << said().toStdString();
    wish = tiny();
    wish.tokenizer = (folder / "nowhere.json").string();
    setup().setSetup(wish);
    setup().ask();
    ASSERT_TRUE(wait([&] { return setup().planBox()->whyNot().contains(QStringLiteral("nowhere.json")); })) << said().toStdString();
    EXPECT_FALSE(setup().planBox()->startButton()->isEnabled());
}

}  // namespace
}  // namespace loom::app
