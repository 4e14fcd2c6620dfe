// SPDX-License-Identifier: GPL-3.0-or-later
// The Compare page in the window, with the real engine: the shipped pair begins by itself and rests while nobody looks.
#include <QAction>
#include <QComboBox>
#include <QPushButton>
#include <QStackedWidget>

#include "app/session/compare_controller.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"
#include "widgets/compare/compare_header.h"
#include "widgets/compare/compare_page.h"
#include "widgets/compare/twin_panel.h"
#include "widgets/compare/twin_text.h"
#include "widgets/plot/twin_growth_plot.h"

namespace loom::app {
namespace {

class CompareWindow : public WindowFixture {
protected:
    CompareWindow() {
        qputenv("LATENTLOOM_CACHE", QByteArray::fromStdString((folder / "cache").string()));
        for (const char* name : {"demo-mla", "demo-mha"}) {
            std::filesystem::create_directory(folder / name);
            test::TinyOptions options;
            options.family = std::string(name) == "demo-mla" ? Family::DeepseekV3 : Family::Llama;
            options.context = 256;
            test::writeTinyCheckpoint(folder / name, options);
        }
    }
    void open(Page first) {
        LaunchOptions options;
        options.models = QString::fromStdString(folder.path().string());
        options.page = first;
        options.empty = true;
        show(options, true);
    }
    void showPage(Page page) { parts().actions.pages[static_cast<std::size_t>(page)]->trigger(); }
    ui::ComparePage& page() { return *parts().comparePage; }
    TwinState state() const { return parts().comparing->state(); }

    test::TempFolder folder;
};

TEST_F(CompareWindow, ThePairBeginsByItselfWhenItIsLookedAt) {
    open(Page::Write);
    EXPECT_EQ(state(), TwinState::Empty) << "nothing is opened before somebody looks";
    showPage(Page::Compare);
    EXPECT_EQ(parts().stack->currentWidget(), &page());
    ASSERT_TRUE(wait([&] { return page().panels() == 2 && page().growth()->series(0).size() > 3; })) << page().note().toStdString();
    EXPECT_TRUE(page().note().contains(QStringLiteral("by itself")));
    EXPECT_TRUE(page().panel(0)->text()->toPlainText().startsWith(QStringLiteral("Once upon a time")));
    showPage(Page::Write);
    ASSERT_TRUE(wait([&] { return state() == TwinState::Paused || state() == TwinState::Ended; }));
    const std::size_t written = page().growth()->series(0).size();
    showPage(Page::Compare);
    EXPECT_TRUE(wait([&] { return page().growth()->series(0).size() > written || state() == TwinState::Ended; }));
}

TEST_F(CompareWindow, APersonsWishesReachTheEngine) {
    open(Page::Compare);
    ui::CompareHeader* header = page().header();
    header->paceBox()->setCurrentIndex(2);
    emit header->paceChosen(0);
    ASSERT_TRUE(wait([&] { return state() == TwinState::Ended; })) << page().note().toStdString();
    header->setPrompt(QStringLiteral("A kite"));
    header->restartButton()->click();
    EXPECT_EQ(state(), TwinState::Opening);
    ASSERT_TRUE(wait([&] { return state() == TwinState::Ended; }));
    EXPECT_TRUE(page().panel(1)->text()->toPlainText().startsWith(QStringLiteral("A kite")));
    EXPECT_TRUE(page().note().isEmpty()) << "this one did not begin by itself";
    header->swapButton()->click();
    ASSERT_TRUE(wait([&] { return state() == TwinState::Ended; }));
    EXPECT_TRUE(page().panel(0)->title().contains(QStringLiteral("demo-mla")));
    TwinChoice missing;
    missing.path = (folder / "missing").string();
    header->choose(1, missing);
    ASSERT_TRUE(wait([&] { return page().note().contains(QStringLiteral("missing")); }));
    EXPECT_EQ(state(), TwinState::Empty);
    EXPECT_FALSE(page().isEmpty()) << "what was there stays readable";
}

TEST_F(CompareWindow, ClosedWhileItPlays) {
    open(Page::Compare);
    ASSERT_TRUE(wait([&] { return state() == TwinState::Playing; }));
    EXPECT_TRUE(window->close());
}

}  // namespace
}  // namespace loom::app
