// SPDX-License-Identifier: GPL-3.0-or-later
// The Train page: values in, picture and signals out.
#include "widgets/train/train_page.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>

#include "tests/widgets/train_samples.h"
#include "widgets/common/theme.h"
#include "widgets/itemmodels/run_list_model.h"
#include "widgets/train/own_fields.h"
#include "widgets/train/plan_box.h"
#include "widgets/train/run_delegate.h"
#include "widgets/train/run_header.h"
#include "widgets/train/run_list_panel.h"
#include "widgets/train/run_view.h"
#include "widgets/train/setup_view.h"
#include "widgets/train/stories_strip.h"
#include "widgets/train/twin_fields.h"

using namespace loom;
using namespace loom::ui;

namespace {

const QString kA = QStringLiteral("/runs/a");
const QString kB = QStringLiteral("/runs/b");

class TrainPageTest : public ::testing::Test {
protected:
    TrainPageTest() {
        setup().setChoices({{"2-minutes", "2 minutes", "As large as this machine trains in two minutes", true},
                            {"paper-mla", "The paper's MLA", "6 layers", false}});
        page.resize(1200, 640);
        page.show();
    }
    SetupView& setup() { return *page.setupView(); }
    PlanBox& plan() { return *setup().planBox(); }
    RunHeader& header() { return *page.runView()->header(); }
    void list(std::vector<RunSummary> all) {
        runs.setRuns(std::move(all));
        page.runsChanged();
    }
    TrainUpdate updateOf(std::int64_t from, std::int64_t count) {
        TrainUpdate update;
        update.folder = "/runs/a";
        update.points = test::fallingPoints(count, from);
        update.steps = 100;
        update.tokensPerSecond = 2000;
        update.secondsLeft = 61;
        return update;
    }
    void chooseOwn() { combo(QStringLiteral("Network"))->setCurrentIndex(combo(QStringLiteral("Network"))->count() - 1); }
    QComboBox* combo(const QString& name) {
        for (QComboBox* box : page.findChildren<QComboBox*>())
            if (box->accessibleName() == name) return box;
        return nullptr;
    }
    QSpinBox* number(const QString& name) {
        for (QSpinBox* box : page.findChildren<QSpinBox*>())
            if (box->accessibleName() == name) return box;
        return nullptr;
    }

    RunListModel runs;
    TrainPage page{&runs};
};

}  // namespace

TEST_F(TrainPageTest, AsksForAPlanAndALookWhenItIsShown) {
    RunListModel other;
    TrainPage fresh(&other);
    QSignalSpy plans(fresh.setupView(), &SetupView::planWanted), looks(fresh.setupView(), &SetupView::lookWanted);
    EXPECT_EQ(plans.size(), 0) << "nobody looks";
    fresh.show();
    EXPECT_EQ(plans.size(), 1);
    EXPECT_EQ(looks.size(), 1);
}

TEST_F(TrainPageTest, OwnNetworkCountsItsParametersAtOnce) {
    QSignalSpy plans(&setup(), &SetupView::planWanted);
    EXPECT_FALSE(page.findChild<OwnFields*>()->isVisible());
    chooseOwn();
    EXPECT_TRUE(page.findChild<OwnFields*>()->isVisible());
    const TrainSetup s = setup().setup();
    EXPECT_TRUE(s.preset.empty());
    const std::int64_t expected = countParameters(configOf(s.shape)).total;
    EXPECT_GT(expected, 100'000);
    EXPECT_TRUE(plan().text().contains(QStringLiteral("parameters"))) << plan().text().toStdString();
    const QString before = plan().text();
    number(QStringLiteral("Layers"))->setValue(9);
    EXPECT_EQ(setup().setup().shape.layers, 9);
    EXPECT_NE(plan().text(), before);
    ASSERT_TRUE(QTest::qWaitFor([&] { return !plans.isEmpty(); }));
    EXPECT_EQ(plans.size(), 1) << "asked once, after the last change";
    EXPECT_EQ(plans[0][0].value<TrainSetup>().shape.layers, 9);
}

TEST_F(TrainPageTest, StartSaysWhyItCannot) {
    chooseOwn();
    plan().setPlan(test::planFor(1'200'000), true);
    EXPECT_TRUE(plan().whyNot().isEmpty()) << plan().whyNot().toStdString();
    EXPECT_TRUE(plan().startButton()->isEnabled());
    number(QStringLiteral("Heads"))->setValue(5);  // 192 / 5
    EXPECT_TRUE(plan().whyNot().contains(QStringLiteral("5 heads"))) << plan().whyNot().toStdString();
    EXPECT_FALSE(plan().startButton()->isEnabled());
    number(QStringLiteral("Heads"))->setValue(4);
    TrainingPlan large = test::planFor(1'200'000);
    large.fits = false;
    large.available = 1'000'000;
    plan().setPlan(large, true);
    EXPECT_TRUE(plan().whyNot().contains(QStringLiteral("does not fit"))) << plan().whyNot().toStdString();
    plan().setProblem(QStringLiteral("The tokenizer cannot be read"));
    EXPECT_EQ(plan().whyNot(), QStringLiteral("The tokenizer cannot be read"));
    plan().setPlan(test::planFor(1), true);
    setup().setBusy(QStringLiteral("A run is going on."));
    EXPECT_EQ(plan().whyNot(), QStringLiteral("A run is going on."));
}

TEST_F(TrainPageTest, APlanIsShownInFigures) {
    plan().setPlan(test::planFor(1'234'567), false);
    EXPECT_TRUE(plan().text().contains(QStringLiteral("1.23\u202FM parameters"))) << plan().text().toStdString();
    EXPECT_TRUE(plan().text().contains(QStringLiteral("About 5 min 00 s")));
    EXPECT_TRUE(plan().text().contains(QStringLiteral("116\u202FMB of memory")));
    EXPECT_TRUE(plan().text().contains(QStringLiteral("600 steps of 2,048 tokens")));
    TrainingPlan untimed = test::planFor(5);
    untimed.secondsPerStep.reset();
    plan().setPlan(untimed, false);
    EXPECT_TRUE(plan().text().contains(QStringLiteral("measuring")));
}

TEST_F(TrainPageTest, StoriesFromAFileAreLookedAt) {
    QSignalSpy looks(&setup(), &SetupView::lookWanted), starts(&page, &TrainPage::startWanted);
    setup().setStories(QStringLiteral("/data/kites.txt"));
    ASSERT_TRUE(QTest::qWaitFor([&] { return !looks.isEmpty(); }));
    EXPECT_EQ(looks[0][0].value<TrainSetup>().stories, "/data/kites.txt");
    combo(QStringLiteral("Between two stories"))->setCurrentIndex(4);
    ASSERT_TRUE(QTest::qWaitFor([&] { return looks.size() == 2; })) << "another separator, another look";
    EXPECT_EQ(looks[1][0].value<TrainSetup>().separator, "line");
    setup().setLook(
        {"text, stories end with <|endoftext|>", 1, 5'000'000, 7000, false, {"3 that are no text are left out."}, "Once there was"});
    EXPECT_TRUE(setup().lookText().contains(QStringLiteral("about 7,000 stories"))) << setup().lookText().toStdString();
    EXPECT_TRUE(setup().lookText().contains(QStringLiteral("3 that are no text")));
    plan().setPlan(test::planFor(5), true);
    plan().startButton()->click();
    ASSERT_EQ(starts.size(), 1);
    EXPECT_EQ(starts[0][0].value<TrainSetup>().stories, "/data/kites.txt");
    setup().setLookProblem(QStringLiteral("The file cannot be read"));
    EXPECT_FALSE(plan().startButton()->isEnabled());
}

TEST_F(TrainPageTest, TheOpenModelsTokenizerCanBeTaken) {
    QComboBox* box = combo(QStringLiteral("Tokenizer"));
    EXPECT_FALSE(box->model()->flags(box->model()->index(1, 0)).testFlag(Qt::ItemIsEnabled));
    setup().setOpenModel(QStringLiteral("Demo MLA"), QStringLiteral("/models/demo-mla"));
    EXPECT_TRUE(box->model()->flags(box->model()->index(1, 0)).testFlag(Qt::ItemIsEnabled));
    box->setCurrentIndex(1);
    EXPECT_EQ(setup().setup().tokenizer, "/models/demo-mla");
    setup().setOpenModel({}, {});
    EXPECT_TRUE(setup().setup().tokenizer.empty());
}

TEST_F(TrainPageTest, ASetupComesBackAsItWasGiven) {
    TrainSetup s;
    s.name = "kite";
    s.stories = "/data/x.txt";
    s.made = 20'000;
    s.validShare = 0.05;
    s.tokenizer = "/models/t";
    s.preset.clear();
    s.shape = {Latent::PerHead, 256, 6, 8, 1024, 16, 32, 512, 4096};
    s.training = {4, 100, 1.5e-3, "linear", "bf16", 0.1, 0.999, 5};
    s.twins = {"mha", "mla-paper:r=8", "gqa"};
    s.match = "flops";
    s.separator = "blank-line";
    s.field = "tale";
    s.seed = 42;
    setup().setSetup(s);
    EXPECT_EQ(setup().setup(), s);
}

TEST_F(TrainPageTest, ARunIsShownFromItsFirstStep) {
    QSignalSpy pauses(&page, &TrainPage::pauseWanted);
    page.setStarted(kA, {kA});
    EXPECT_EQ(page.shown(), kA);
    EXPECT_TRUE(header().pauseButton()->isVisible());
    EXPECT_FALSE(header().resumeButton()->isVisible());
    EXPECT_FALSE(plan().startButton()->isEnabled()) << "one run at a time";
    TrainUpdate phase;
    phase.folder = "/runs/a";
    phase.phase = "encoding the stories";
    phase.phaseDone = 1;
    phase.phaseTotal = 4;
    page.addUpdate(phase);
    EXPECT_TRUE(header().statusText().contains(QStringLiteral("encoding the stories, 25"))) << header().statusText().toStdString();
    page.addUpdate(updateOf(1, 30));
    page.addUpdate(updateOf(31, 10));
    const QString status = header().statusText();
    EXPECT_TRUE(status.contains(QStringLiteral("step 40 of 100"))) << status.toStdString();
    EXPECT_TRUE(status.contains(QStringLiteral("1 min 01 s left"))) << status.toStdString();
    EXPECT_TRUE(status.contains(QStringLiteral("held out 3.049"))) << status.toStdString();
    EXPECT_EQ(page.runView()->lossPlot()->csv().count(u'\n'), 41);
    header().pauseButton()->click();
    EXPECT_EQ(pauses.size(), 1);
    page.setStopping();
    EXPECT_FALSE(header().pauseButton()->isEnabled());
    page.setEnded(kA, QStringLiteral("Paused at step 40."));
    EXPECT_TRUE(header().resumeButton()->isVisible());
    QSignalSpy resumes(&page, &TrainPage::resumeWanted);
    header().resumeButton()->click();
    ASSERT_EQ(resumes.size(), 1);
    EXPECT_EQ(resumes[0][0].toString(), kA);
}

TEST_F(TrainPageTest, TwinsAreChosenOneFormALine) {
    TwinFields& twins = *setup().twinFields();
    QSignalSpy plans(&setup(), &SetupView::planWanted);
    EXPECT_TRUE(setup().setup().twins.empty());
    twins.box()->click();
    EXPECT_EQ(setup().setup().twins, (std::vector<std::string>{"mha", "mla-deepseek"}));
    twins.addButton()->click();
    EXPECT_EQ(setup().setup().twins, (std::vector<std::string>{"mha", "mla-deepseek", "mha-learned"})) << "one that is not there yet";
    QLineEdit* numbers = twins.findChildren<QLineEdit*>()[1];
    QTest::keyClicks(numbers, QStringLiteral("r=64, dr=8"));
    QTest::keyClick(numbers, Qt::Key_Return);
    EXPECT_EQ(setup().setup().twins[1], "mla-deepseek:r=64:dr=8");
    QTest::keyClicks(numbers, QStringLiteral("x"));
    EXPECT_EQ(numbers->text(), QStringLiteral("r=64, dr=8")) << "no form is written so";
    combo(QStringLiteral("Twins are matched by"))->setCurrentIndex(1);
    EXPECT_EQ(setup().setup().match, "flops");
    ASSERT_TRUE(QTest::qWaitFor([&] { return !plans.isEmpty(); }));
    EXPECT_EQ(plans.back()[0].value<TrainSetup>().twins.size(), 3U);
    TrainingPlan planned = test::planFor(3'600'000);
    planned.twins = {{"mha", 1'200'000, 512, 384}, {"mla-deepseek-r64-dr8", 1'201'000, 540, 72}, {"mha-learned", 1'200'000, 512, 384}};
    setup().setPlan(planned, true);
    EXPECT_TRUE(twins.notes()[1].startsWith(QStringLiteral("keeps 72 numbers per token and layer"))) << twins.notes()[1].toStdString();
    EXPECT_TRUE(plan().text().contains(QStringLiteral("in 3 twins"))) << plan().text().toStdString();
    for (QToolButton* button : twins.findChildren<QToolButton*>())
        if (button->isEnabled()) {
            button->click();  // the first
            break;
        }
    EXPECT_EQ(setup().setup().twins, (std::vector<std::string>{"mla-deepseek:r=64:dr=8", "mha-learned"}));
    EXPECT_FALSE(twins.notes()[0].contains(QStringLiteral("72"))) << "that was said of other twins";
    twins.box()->click();
    EXPECT_TRUE(setup().setup().twins.empty());
    EXPECT_FALSE(twins.addButton()->isVisible());
    chooseOwn();
    EXPECT_TRUE(combo(QStringLiteral("Attention"))->isEnabled());
    twins.box()->click();
    EXPECT_FALSE(combo(QStringLiteral("Attention"))->isEnabled()) << "the twins' forms decide";
}

TEST_F(TrainPageTest, TwinsAreShownTogether) {
    const QString group = QStringLiteral("/runs/pair");
    const QString mha = group + QStringLiteral("/mha"), mla = group + QStringLiteral("/mla");
    page.setStarted(group, {mha, mla});
    EXPECT_EQ(page.shown(), mha);
    EXPECT_TRUE(page.isGoing(mla));
    EXPECT_EQ(runs.ticked(), (QStringList{mha, mla})) << "in the order of the twins, their curves laid over each other";
    TrainUpdate phase;
    phase.folder = "/runs/pair";
    phase.phase = "encoding the stories";
    phase.phaseDone = 1;
    phase.phaseTotal = 4;
    page.addUpdate(phase);
    EXPECT_TRUE(header().statusText().contains(QStringLiteral("encoding the stories, 25"))) << header().statusText().toStdString();
    for (const QString& twin : {mha, mla}) {
        TrainUpdate update = updateOf(1, twin == mha ? 20 : 19);
        update.folder = twin.toStdString();
        update.stories = {test::storiesAt(twin == mha ? 20 : 19)};
        page.addUpdate(update);
    }
    EXPECT_TRUE(header().statusText().contains(QStringLiteral("2 min 02 s left")))
        << "both have to be trained: " << header().statusText().toStdString();
    EXPECT_EQ(page.runView()->lossPlot()->describe(10).size(), 3) << "both curves";
    EXPECT_TRUE(page.runView()->stories()->shownText().contains(QStringLiteral("story of step 20")));
    EXPECT_TRUE(page.runView()->stories()->shownText().contains(QStringLiteral("story of step 19"))) << "what the twin wrote stands below";
    page.setQuestion({"The loss jumped to 9.1", 20, 10, {TrainAnswer::GoOn, TrainAnswer::Stop}, mla.toStdString()});
    EXPECT_EQ(page.shown(), mla) << "the twin that asks";
    EXPECT_FALSE(header().questionText().isEmpty());
    page.showRun(mha);
    EXPECT_TRUE(header().questionText().isEmpty()) << "it is not this one's question";
    page.setEnded(group, QStringLiteral("All 2 twins are paused."));
    EXPECT_FALSE(page.isGoing(mla));
    QSignalSpy resumes(&page, &TrainPage::resumeWanted);
    header().resumeButton()->click();
    ASSERT_EQ(resumes.size(), 1);
    EXPECT_EQ(resumes[0][0].toString(), group) << "twins go on together";
}

TEST_F(TrainPageTest, ARunThatGoesBackLosesWhatItTookBack) {
    page.setStarted(kA, {kA});
    page.addUpdate(updateOf(1, 40));
    page.addUpdate(updateOf(21, 5));
    EXPECT_EQ(page.runView()->lossPlot()->csv().count(u'\n'), 26);
}

TEST_F(TrainPageTest, AQuestionIsAnsweredOnThePage) {
    page.setStarted(kA, {kA});
    page.showSetup();
    QSignalSpy answers(&page, &TrainPage::answered);
    page.setQuestion({"The loss jumped to 9.1", 41, 25, {TrainAnswer::RollBack, TrainAnswer::GoOn, TrainAnswer::Stop}, "/runs/a"});
    EXPECT_EQ(page.shown(), kA) << "the question is brought into view";
    EXPECT_EQ(header().questionText(), QStringLiteral("The loss jumped to 9.1"));
    ASSERT_EQ(header().answerButtons().size(), 3U);
    EXPECT_TRUE(header().answerButtons()[0]->toolTip().contains(QStringLiteral("25")));
    header().answerButtons()[0]->click();
    ASSERT_EQ(answers.size(), 1);
    EXPECT_EQ(answers[0][0].value<TrainAnswer>(), TrainAnswer::RollBack);
    EXPECT_TRUE(header().questionText().isEmpty());
}

TEST_F(TrainPageTest, TicksOverlayCurves) {
    QSignalSpy wanted(&page, &TrainPage::runWanted);
    list({test::runNamed("a"), test::runNamed("b")});
    page.showRun(kA);
    ASSERT_EQ(wanted.size(), 1);
    EXPECT_EQ(wanted[0][0].toString(), kA);
    page.setDetail(test::detailOf(test::runNamed("a")));
    EXPECT_EQ(page.runView()->lossPlot()->describe(10).size(), 2);
    QListView* view = page.list()->view();
    const QRect row = view->visualRect(view->model()->index(1, 0));
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, RunDelegate::tickRect(row).center());
    EXPECT_EQ(runs.ticked(), QStringList{kB});
    EXPECT_EQ(page.shown(), kA) << "a tick chooses nothing";
    ASSERT_EQ(wanted.size(), 2);
    page.setDetail(test::detailOf(test::runNamed("b"), 20));
    const QStringList at = page.runView()->lossPlot()->describe(10);
    ASSERT_EQ(at.size(), 3);
    EXPECT_TRUE(at[2].startsWith(QStringLiteral("b: ")));
    const QColor first = runs.index(0, 0).data(Qt::DecorationRole).value<QColor>();
    const QColor second = runs.index(1, 0).data(Qt::DecorationRole).value<QColor>();
    EXPECT_EQ(first, colour(Meaning::Latent)) << "an MLA network, in the colour of latents";
    EXPECT_NE(first, second);
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, row.center() + QPoint(20, 0));
    EXPECT_EQ(page.shown(), kB);
}

TEST_F(TrainPageTest, StoriesAreScrubbed) {
    list({test::runNamed("a")});
    page.showRun(kA);
    page.setDetail(test::detailOf(test::runNamed("a")));
    StoriesStrip* strip = page.runView()->stories();
    EXPECT_EQ(strip->shownStep(), 40);
    EXPECT_TRUE(strip->shownText().contains(QStringLiteral("had a ball & a <kite>.")));
    strip->slider()->setValue(0);
    EXPECT_EQ(strip->shownStep(), 20);
    EXPECT_TRUE(strip->shownText().contains(QStringLiteral("story of step 20")));
    strip->setStories({{QStringLiteral("a"), Qt::red, {test::storiesAt(20), test::storiesAt(40), test::storiesAt(60)}}}, false);
    EXPECT_EQ(strip->shownStep(), 20) << "a person reads there";
    strip->showStep(55);
    EXPECT_EQ(strip->shownStep(), 60);
    strip->setStories(
        {{QStringLiteral("a"), Qt::red, {test::storiesAt(20), test::storiesAt(40), test::storiesAt(60), test::storiesAt(80)}}}, false);
    EXPECT_EQ(strip->shownStep(), 80) << "at the newest it follows";
}

TEST_F(TrainPageTest, TheListIsSearchedAndRunsAreOpened) {
    RunSummary noted = test::runNamed("b");
    noted.notes = "with dropout";
    list({test::runNamed("a"), noted, test::runNamed("c", RunState::Broken)});
    EXPECT_EQ(page.list()->view()->model()->rowCount(), 3);
    page.list()->search()->setText(QStringLiteral("DROP"));
    ASSERT_EQ(page.list()->view()->model()->rowCount(), 1);
    QSignalSpy opens(&page, &TrainPage::openWanted);
    page.showRun(kB);
    header().openButton()->click();
    header().insideButton()->click();
    ASSERT_EQ(opens.size(), 2);
    EXPECT_EQ(opens[0][0].toString(), kB);
    EXPECT_FALSE(opens[0][1].toBool());
    EXPECT_TRUE(opens[1][1].toBool());
    page.list()->search()->clear();
    page.showRun(QStringLiteral("/runs/c"));
    EXPECT_FALSE(header().openButton()->isEnabled());
}

TEST_F(TrainPageTest, TheMenuOfARun) {
    list({test::runNamed("a"), test::runNamed("b", RunState::Running)});
    const auto action = [](const QMenu& menu, const QString& part) {
        for (QAction* a : menu.actions())
            if (a->text().contains(part)) return a;
        return static_cast<QAction*>(nullptr);
    };
    QSignalSpy trash(&page, &TrainPage::trashWanted);
    const std::unique_ptr<QMenu> menu(page.runMenu(kA));
    action(*menu, QStringLiteral("trash"))->trigger();
    ASSERT_EQ(trash.size(), 1);
    EXPECT_EQ(trash[0][0].toString(), kA);
    const std::unique_ptr<QMenu> going(page.runMenu(kB));
    EXPECT_FALSE(action(*going, QStringLiteral("trash"))->isEnabled());
    page.list()->setCurrent(kA);
    QTest::keyClick(page.list()->view(), Qt::Key_Delete);
    EXPECT_EQ(trash.size(), 2);
    QSignalSpy names(&runs, &RunListModel::renameWanted);
    action(*menu, QStringLiteral("Re&name"))->trigger();
    auto* editor = page.list()->view()->findChild<QLineEdit*>();
    ASSERT_NE(editor, nullptr);
    editor->setText(QStringLiteral("kite"));
    QTest::keyClick(editor, Qt::Key_Return);
    ASSERT_TRUE(QTest::qWaitFor([&] { return names.size() == 1; }));
    EXPECT_EQ(names[0][1].toString(), QStringLiteral("kite"));
}

TEST_F(TrainPageTest, ARunThatIsGoneIsNotShown) {
    list({test::runNamed("a")});
    page.showRun(kA);
    list({});
    EXPECT_TRUE(page.shown().isEmpty());
}

TEST_F(TrainPageTest, BothThemesAndNarrowWindowsAreDrawn) {
    list({test::runNamed("a"), test::runNamed("b", RunState::Stopped)});
    for (const QPalette& palette : {lightPalette(), darkPalette()}) {
        page.setPalette(palette);
        for (const QSize size : {QSize(1200, 640), QSize(900, 560)}) {
            page.resize(size);
            page.showSetup();
            EXPECT_FALSE(page.grab().isNull());
            page.showRun(kA);
            page.setDetail(test::detailOf(test::runNamed("a")));
            EXPECT_FALSE(page.grab().isNull());
            EXPECT_LE(page.minimumSizeHint().width(), 1180) << "no wider than the smallest window";
            EXPECT_LE(page.minimumSizeHint().height(), 600);
        }
    }
}
