// SPDX-License-Identifier: GPL-3.0-or-later
// Training in the window, over engines made of gates: the page, writing beside a run, closing in the middle.
#include <gtest/gtest.h>

#include <QAction>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QStackedWidget>

#include "../session/fake_training.h"
#include "tests/app/window_fixture.h"
#include "widgets/common/message_bar.h"
#include "widgets/itemmodels/run_list_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/run_curves.h"
#include "widgets/train/plan_box.h"
#include "widgets/train/run_header.h"
#include "widgets/train/run_list_panel.h"
#include "widgets/train/run_view.h"
#include "widgets/train/setup_view.h"
#include "widgets/train/stories_strip.h"
#include "widgets/train/train_page.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

class TrainWindow : public WindowFixture {
protected:
    void open(const LaunchOptions& options = {}) {
        window.reset();
        window = std::make_unique<MainWindow>(
            options, [this] { return test::makeFakeEngine(script); }, [this] { return test::makeFakeTraining(training); });
        window->show();
        window->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
    }
    ui::TrainPage& page() { return *parts().trainPage; }
    ui::RunHeader& header() { return *page().runView()->header(); }
    void showTrain() { parts().actions.pages[static_cast<std::size_t>(Page::Train)]->trigger(); }
    void start() {
        showTrain();
        QPushButton* button = page().setupView()->planBox()->startButton();
        ASSERT_TRUE(wait([&] { return button->isEnabled(); }));
        button->click();
        ASSERT_TRUE(parts().training->isTraining());
    }
    RunSummary runOnDisk(const std::string& name) {
        RunSummary run;
        run.folder = "/runs/" + name;
        run.name = name;
        run.state = RunState::Stopped;
        run.step = 3;
        run.steps = 40;
        return run;
    }

    std::shared_ptr<test::TrainScript> training = std::make_shared<test::TrainScript>();
};

TEST_F(TrainWindow, NothingIsReadBeforeThePageIsShown) {
    open();
    EXPECT_EQ(training->plans, 0);
    EXPECT_EQ(script->deviceChecks, 0);
    QTest::keyClick(window.get(), Qt::Key_4, Qt::ControlModifier);
    EXPECT_EQ(parts().stack->currentWidget(), parts().trainPage);
    EXPECT_TRUE(wait([&] { return training->plans == 1 && script->deviceChecks == 1; }));
    EXPECT_TRUE(wait([&] { return page().setupView()->planBox()->text().contains(QStringLiteral("10 s")); }));
}

TEST_F(TrainWindow, ACommandLineCanAskForThePage) {
    training->runs = {runOnDisk("a")};
    LaunchOptions options;
    options.page = Page::Train;
    open(options);
    EXPECT_EQ(parts().stack->currentWidget(), parts().trainPage);
    EXPECT_TRUE(wait([&] { return parts().runs->rowCount() == 1; }));
}

TEST_F(TrainWindow, AStoryIsWrittenWhileARunGoesOn) {
    training->stepsWait = true;
    training->steps = 5000;
    open();
    window->openModel(QStringLiteral("/models/good"));
    ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    start();
    ASSERT_TRUE(wait([&] {
        training->step.allow(1);
        return page().runView()->stories()->shownStep() >= 10;
    }));
    EXPECT_GT(page().runView()->lossPlot()->csv().count(u'\n'), 10);
    parts().actions.pages[0]->trigger();
    parts().writePage->setMaxTokens(20);
    parts().writePage->setPromptText(QStringLiteral("Hi"));
    parts().actions.write->trigger();
    ASSERT_TRUE(wait([&] { return !session().isWriting(); }));
    EXPECT_GT(parts().story->rowCount(), 20);
    EXPECT_TRUE(parts().training->isTraining());
    training->step.openForAll();
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(parts().message->text().contains(QStringLiteral("has been trained"))) << parts().message->text().toStdString();
}

TEST_F(TrainWindow, PauseAndResume) {
    training->stepsWait = true;
    open();
    start();
    training->step.allow(3);
    ASSERT_TRUE(wait([&] { return training->done == 3; }));
    header().pauseButton()->click();
    ASSERT_TRUE(wait([&] { return header().resumeButton()->isVisible(); }));
    EXPECT_FALSE(parts().training->isTraining());
    // The list as the disk has it.
    {
        const std::scoped_lock lock(training->mutex);
        training->runs = {runOnDisk("run")};
    }
    parts().training->refreshRuns();
    training->step.openForAll();
    header().resumeButton()->click();
    ASSERT_TRUE(wait([&] { return !parts().training->isTraining(); }));
    EXPECT_EQ(training->resumed, std::vector<std::string>{"/runs/run"});
    EXPECT_TRUE(wait([&] { return page().runView()->lossPlot()->csv().count(u'\n') == 41; }));
}

TEST_F(TrainWindow, ARunThatHasNoFileYetStaysInTheList) {
    training->stepsWait = true;
    open();
    start();
    QSignalSpy listed(parts().training, &session::TrainController::runsListed);
    parts().training->refreshRuns();
    ASSERT_TRUE(wait([&] { return !listed.isEmpty(); }));
    EXPECT_EQ(parts().runs->rowCount(), 1);
    EXPECT_EQ(page().shown(), QStringLiteral("/runs/run"));
    training->step.openForAll();
    ASSERT_TRUE(wait([&] { return !parts().training->isTraining(); }));
}

TEST_F(TrainWindow, AQuestionIsSaidWhereverTheWindowIs) {
    training->askAtStep = 4;
    training->stepsWait = true;
    open();
    start();
    parts().actions.pages[0]->trigger();
    training->step.openForAll();
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(parts().message->text().contains(QStringLiteral("The loss jumped")));
    showTrain();
    ASSERT_EQ(header().answerButtons().size(), 3U);
    header().answerButtons()[1]->click();
    ASSERT_TRUE(wait([&] { return !parts().training->isTraining(); }));
    EXPECT_EQ(training->answers, std::vector{TrainAnswer::GoOn});
}

TEST_F(TrainWindow, AFailureIsSaidAndTheNextRunCanBegin) {
    training->failAtStep = 2;
    open();
    start();
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(parts().message->text().startsWith(QStringLiteral("The disk is gone"))) << parts().message->text().toStdString();
    ASSERT_TRUE(wait([&] { return page().shown().isEmpty(); })) << "nothing of it is on the disk";
    EXPECT_TRUE(page().setupView()->planBox()->startButton()->isEnabled());
}

TEST_F(TrainWindow, ClosingAsksAndSavesFirst) {
    training->stepsWait = true;
    open();
    start();
    training->step.allow(2);
    ASSERT_TRUE(wait([&] { return training->done == 2; }));
    window->close();
    EXPECT_TRUE(window->isVisible());
    auto* box = window->findChild<QMessageBox*>(QStringLiteral("closeWhileTraining"));
    ASSERT_NE(box, nullptr);
    EXPECT_TRUE(box->text().contains(QStringLiteral("resume"))) << box->text().toStdString();
    window->close();
    EXPECT_EQ(window->findChildren<QMessageBox*>(QStringLiteral("closeWhileTraining")).size(), 1) << "one question is enough";
    box->reject();
    EXPECT_TRUE(parts().training->isTraining());
    ASSERT_TRUE(wait([&] { return !window->findChild<QMessageBox*>(QStringLiteral("closeWhileTraining")); }));
    window->close();
    box = window->findChild<QMessageBox*>(QStringLiteral("closeWhileTraining"));
    ASSERT_NE(box, nullptr);
    box->defaultButton()->click();
    ASSERT_TRUE(wait([&] { return !window->isVisible(); }));
    EXPECT_FALSE(parts().training->isTraining());
    EXPECT_EQ(training->done, 2) << "it was stopped, not torn down in the middle of a step";
}

TEST_F(TrainWindow, ARunIsOpenedAsAnyCheckpoint) {
    training->runs = {runOnDisk("good")};
    open();
    showTrain();
    ASSERT_TRUE(wait([&] { return parts().runs->rowCount() == 1; }));
    page().showRun(QStringLiteral("/runs/good"));
    header().insideButton()->click();
    ASSERT_TRUE(wait([&] { return session().hasModel(); }));
    EXPECT_EQ(parts().stack->currentIndex(), static_cast<int>(Page::Inside));
    EXPECT_EQ(window->settings().recent.value(0), QStringLiteral("/runs/good"));
}

TEST_F(TrainWindow, RunsAreRenamedAndThrownAway) {
    training->runs = {runOnDisk("a")};
    open();
    showTrain();
    ASSERT_TRUE(wait([&] { return parts().runs->rowCount() == 1; }));
    parts().runs->setData(parts().runs->index(0, 0), QStringLiteral("kite"), Qt::EditRole);
    emit page().trashWanted(QStringLiteral("/runs/a"));
    ASSERT_TRUE(wait([&] { return parts().message->isVisible(); }));
    EXPECT_TRUE(parts().message->text().contains(QStringLiteral(".trash"))) << parts().message->text().toStdString();
    EXPECT_EQ(training->calls, (std::vector<std::string>{"rename /runs/a kite", "trash /runs/a"}));
}

}  // namespace
}  // namespace loom::app
