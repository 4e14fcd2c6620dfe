// SPDX-License-Identifier: GPL-3.0-or-later
// Look inside in the window: only what is shown is asked for, and asked again when something changed. Then the demo network itself.
#include <cmath>

#include <QAction>
#include <QTest>

#include "tests/app/window_fixture.h"
#include "widgets/common/message_bar.h"
#include "widgets/inside/attention_panel.h"
#include "widgets/inside/cell_details.h"
#include "widgets/inside/inside_page.h"
#include "widgets/inside/look_frame.h"
#include "widgets/inside/look_tabs.h"
#include "widgets/inside/rows_view.h"
#include "widgets/inside/without_view.h"
#include "widgets/itemmodels/head_switch_model.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/spectrum_plot.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

class InsideWindow : public WindowFixture {
protected:
    void open(const char* name = "/models/good") {
        window->openModel(QString::fromLatin1(name));
        ASSERT_TRUE(wait([&] { return session().hasModel() && !session().isOpening(); }));
    }
    void write(std::int64_t tokens, const char* prompt = "") {
        parts().writePage->setMaxTokens(tokens);
        parts().writePage->setPromptText(QString::fromLatin1(prompt));
        parts().actions.write->trigger();
        ASSERT_TRUE(session().isWriting());
        ASSERT_TRUE(wait([&] { return session().canWrite(); }));
    }
    void lookInside() { parts().actions.pages[1]->trigger(); }
    ui::InsidePage& page() const { return *parts().insidePage; }
    ui::LookFrame& frame(Look look) const { return *page().looks()->frame(look); }
    void show(Look look) {
        page().looks()->showLook(look);
        ASSERT_TRUE(wait([&] { return frame(look).hasAnswer(); }));
    }
};

TEST_F(InsideWindow, OnlyWhatIsShownIsComputed) {
    script->latent = true;
    WindowFixture::show();
    open();
    write(5, "ab");
    EXPECT_EQ(script->looks, 0);  // nobody looks
    lookInside();
    ASSERT_TRUE(wait([&] { return frame(Look::Kept).hasAnswer(); }));
    EXPECT_EQ(script->looks, 1);
    show(Look::Lens);
    EXPECT_EQ(script->looks, 2);
    page().looks()->showLook(Look::Kept);  // known already
    QTest::qWait(20);
    EXPECT_EQ(script->looks, 2);
    page().setLayer(LayerIndex{1});
    auto* rows = frame(Look::Kept).findChild<ui::RowsView*>();
    ASSERT_TRUE(wait([&] { return rows->tokens() > 0 && rows->value({0, 0}) == 2.F; }));  // the layer's own numbers
    EXPECT_EQ(script->looks, 3);
    show(Look::Lens);  // which does not hang on the layer
    EXPECT_EQ(script->looks, 3);
    write(2);
    ASSERT_TRUE(wait([&] { return script->looks == 4; }));  // the story went on, and the lens is in sight
    parts().actions.pages[0]->trigger();
    write(2);
    EXPECT_EQ(script->looks, 4);
}

TEST_F(InsideWindow, ScorePartsAreAskedForWhereTheNetworkHasThem) {
    script->pair = true;
    WindowFixture::show();
    open("/models/mla");
    write(5, "ab");
    lookInside();
    page().panel()->setShow(ui::AttentionPanel::Show::Content);
    ASSERT_TRUE(
        wait([&] { return page().panel()->findChild<ui::CellDetails*>()->value(ui::CellDetails::ContentRow) == QStringLiteral("1.00"); }));
    EXPECT_EQ(page().panel()->findChild<ui::CellDetails*>()->value(ui::CellDetails::PositionRow), QStringLiteral("−2.00"));
    open("/models/mha");
    EXPECT_EQ(page().panel()->shown(), ui::AttentionPanel::Show::Weights);
    write(3, "ab");
    page().looks()->showLook(Look::Forgotten);
    ASSERT_TRUE(wait([&] { return frame(Look::Forgotten).note() == QStringLiteral("Nothing to forget"); }));
    page().panel()->setShow(ui::AttentionPanel::Show::LayersMean);
    ASSERT_TRUE(wait([&] { return page().panel()->findChild<ui::AttentionView*>()->source().tokens() > 0; }));
}

TEST_F(InsideWindow, HeadsGoOffInTheViewOnly) {
    WindowFixture::show();
    open();
    write(5, "ab");
    lookInside();
    page().looks()->showLook(Look::Without);
    ASSERT_TRUE(wait([&] { return frame(Look::Without).note() == QStringLiteral("All heads are on"); }));
    const std::int64_t before = script->looks;
    auto* view = page().findChild<ui::WithoutView*>();
    page().switches()->setOff(1, 0, true);
    ASSERT_TRUE(wait([&] { return view->summary().contains(QStringLiteral("KL 0.125")); }));
    page().switches()->setOff(2, 1, true);
    ASSERT_TRUE(wait([&] { return view->summary().contains(QStringLiteral("KL 0.250")); }));
    EXPECT_EQ(script->looks, before + 2);
    auto* map = page().panel()->findChild<ui::AttentionView*>();  // anywhere on the page
    map->setFocus();
    QTest::keyClick(map, Qt::Key_Z, Qt::ControlModifier);
    ASSERT_TRUE(wait([&] { return view->summary().contains(QStringLiteral("KL 0.125")); }));
    QTest::keyClick(map, Qt::Key_Z, Qt::ControlModifier);
    ASSERT_TRUE(wait([&] { return frame(Look::Without).note() == QStringLiteral("All heads are on"); }));
    page().switches()->setOff(0, 0, true);
    open("/models/other");
    EXPECT_TRUE(page().switches()->off().empty());
}

TEST_F(InsideWindow, StoppedAndFailedLooksSayWhatToDo) {
    script->lookWaits = true;
    WindowFixture::show();
    open();
    write(5, "ab");
    lookInside();
    ASSERT_TRUE(wait([&] { return script->waitingLooks == 1; }));
    EXPECT_EQ(frame(Look::Kept).note(), QStringLiteral("Reading the story…"));
    emit page().lookStopRequested(Look::Kept);
    EXPECT_EQ(frame(Look::Kept).note(), QStringLiteral("Stopped"));
    page().looks()->showLook(Look::Lens);
    ASSERT_TRUE(wait([&] { return script->waitingLooks == 2; }));
    page().looks()->showLook(Look::Kept);  // stays stopped, and nobody looks at the lens any more
    QTest::qWait(20);
    EXPECT_EQ(script->waitingLooks, 2);
    page().setLayer(LayerIndex{2});
    script->look.openForAll();
    ASSERT_TRUE(wait([&] { return frame(Look::Kept).hasAnswer(); }));
    EXPECT_FALSE(parts().message->isVisible());
}

TEST_F(InsideWindow, TheDemoNetworkShowsAllOfIt) {
    const QString folder = QStringLiteral(LOOM_SOURCE_DIR "/models/demo-mla");
    ASSERT_TRUE(QFile::exists(folder + QStringLiteral("/model.safetensors")));
    LaunchOptions options;
    options.model = folder;
    options.layer = 2;
    WindowFixture::show(options, true);
    ASSERT_TRUE(wait([&] { return session().canWrite() || parts().message->isVisible(); }));
    write(12, "Once upon a time, there was a little girl");
    lookInside();
    page().panel()->setShow(ui::AttentionPanel::Show::SideBySide);
    auto* details = page().panel()->findChild<ui::CellDetails*>();
    ASSERT_TRUE(wait([&] { return !details->value(ui::CellDetails::ScoreRow).isEmpty(); }));
    for (const Look look : {Look::Kept, Look::Spectra, Look::Forgotten, Look::Lens}) {
        show(look);
        EXPECT_TRUE(frame(look).cost().contains(QStringLiteral("reference path"))) << static_cast<int>(look);
    }
    EXPECT_EQ(frame(Look::Kept).findChild<ui::RowsView*>()->channels(), 96);
    EXPECT_GT(frame(Look::Spectra).findChild<ui::SpectrumPlot*>()->marked(), 0);
    // The softmax of the two parts' sum is the weight that the map shows.
    const auto views = page().panel()->findChildren<ui::AttentionView*>();
    const ui::HeadsModel& content = views[0]->source();
    const ui::HeadsModel& position = views[1]->source();
    const int query = content.tokens() - 1;
    ASSERT_GT(query, 8);
    double all = 0;
    for (int key = 0; key <= query; ++key) all += std::exp(static_cast<double>(content.at(1, query, key) + position.at(1, query, key)));
    for (int key = 0; key <= query; ++key) {
        const double weight = std::exp(static_cast<double>(content.at(1, query, key) + position.at(1, query, key))) / all;
        EXPECT_NEAR(weight, static_cast<double>(parts().heads->at(1, query, key)), 1e-3) << key;
    }
    page().looks()->showLook(Look::Without);
    page().switches()->setOff(2, 1, true);
    ASSERT_TRUE(wait([&] { return frame(Look::Without).hasAnswer(); }));
    EXPECT_TRUE(
        page().findChild<ui::WithoutView*>()->summary().startsWith(QStringLiteral("After the last word the prediction moves by KL ")));
    page().panel()->setShow(ui::AttentionPanel::Show::LayersMean);
    ASSERT_TRUE(wait([&] { return views[0]->source().tokens() == query + 1; }));
    double sum = 0;
    for (int key = 0; key <= query; ++key) sum += static_cast<double>(views[0]->source().at(0, query, key));
    EXPECT_NEAR(sum, 1, 1e-4);
}

}  // namespace
}  // namespace loom::app
