// SPDX-License-Identifier: GPL-3.0-or-later
// The Compare page: values in, words, bars, curves and wishes out.
#include "widgets/compare/compare_page.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>

#include "core/data/presets.h"
#include "widgets/cache/formula_popover.h"
#include "widgets/common/byte_bar.h"
#include "widgets/common/tab_line.h"
#include "widgets/compare/budget_tabs.h"
#include "widgets/compare/compare_header.h"
#include "widgets/compare/crossover_map.h"
#include "widgets/compare/figure_table.h"
#include "widgets/compare/paper_tab.h"
#include "widgets/compare/time_tab.h"
#include "widgets/compare/twin_bytes.h"
#include "widgets/compare/twin_panel.h"
#include "widgets/compare/twin_text.h"
#include "widgets/itemmodels/byte_sources_model.h"
#include "widgets/plot/context_bytes_plot.h"
#include "widgets/plot/loss_bytes_plot.h"
#include "widgets/plot/time_plot.h"
#include "widgets/plot/twin_growth_plot.h"

namespace loom::ui {
namespace {

class Page : public ::testing::Test {
protected:
    Page() {
        page.resize(1200, 800);
        for (const char* name : {"demo-mha", "demo-mla"}) {
            TwinContestant one;
            one.name = name;
            one.choice.path = std::string("/models/") + name;
            one.config = presetNamed(name).config;
            one.cache = cacheSpec(one.config, MlaPath::Absorbed, DType::F32);
            one.prompt = "Once";
            one.promptTokens = 2;
            pair.push_back(one);
        }
    }
    TwinToken token(std::size_t who, std::int64_t tick, const char* text, bool differs) const {
        TwinToken t;
        t.token = TokenId{tick};
        t.text = text;
        t.differs = differs;
        t.usedTokens = 2 + tick;
        t.usedBytes = pair[who].cache.bytesPerToken() * t.usedTokens;
        t.allocatedBytes = pair[who].cache.bytesPerToken() * 16;
        t.time = std::chrono::microseconds(who == 0 ? 2500 : 2000);
        return t;
    }
    TwinUpdate update(std::int64_t first, std::vector<TwinTick> ticks) const {
        TwinUpdate u;
        u.ticks = std::move(ticks);
        const std::int64_t used = 2 + first + std::ssize(u.ticks) - 1;
        for (const TwinContestant& one : pair) {
            CacheUse use;
            use.spec = one.cache;
            use.usedTokens = used;
            use.capacityTokens = 16;
            use.bytes = one.cache.bytesPerToken() * 16;
            for (std::int64_t l = 0; l < one.cache.layers; ++l) use.layers.push_back({LayerIndex{l}, 0, use.bytes / one.cache.layers});
            u.caches.push_back(use);
            u.allocatorBytes += use.bytes;
        }
        return u;
    }
    void play() {
        page.begin(pair);
        page.add(update(0, {{0, {token(0, 0, " upon", false), token(1, 0, " upon", false)}},
                            {1, {token(0, 1, " a", false), token(1, 1, " a", false)}},
                            {2, {token(0, 2, " cat", true), token(1, 2, " dog", true)}},
                            {3, {token(0, 3, " sat", true), token(1, 3, " ran", true)}}}));
    }

    ComparePage page;
    std::vector<TwinContestant> pair;
};

TEST_F(Page, SaysWhatItIsForBeforeAnythingIsChosen) {
    EXPECT_TRUE(page.isEmpty());
    EXPECT_FALSE(page.header()->playButton()->isEnabled());
    EXPECT_FALSE(page.header()->stepButton()->isEnabled());
    EXPECT_EQ(page.header()->choosers(), 2U);
    page.setFailed(QStringLiteral("This is not a checkpoint (/x). Choose another file"));
    EXPECT_TRUE(page.note().contains(QStringLiteral("/x")));
}

TEST_F(Page, BothTextsWithWhatDiffersUnderlined) {
    play();
    EXPECT_FALSE(page.isEmpty());
    ASSERT_EQ(page.panels(), 2U);
    EXPECT_EQ(page.panel(0)->text()->toPlainText(), QStringLiteral("Once upon a cat sat"));
    EXPECT_EQ(page.panel(1)->text()->toPlainText(), QStringLiteral("Once upon a dog ran"));
    EXPECT_EQ(page.panel(1)->text()->differing(), QStringList{QStringLiteral(" dog ran")});
    QTextCursor in(page.panel(0)->text()->document());
    in.setPosition(6);
    EXPECT_FALSE(in.charFormat().fontUnderline());
    in.setPosition(15);
    EXPECT_TRUE(in.charFormat().fontUnderline());
    EXPECT_EQ(in.charFormat().underlineColor(), colour(Meaning::FullCache));
    EXPECT_EQ(page.panel(0)->title(), QStringLiteral("A · demo-mha"));
    EXPECT_TRUE(page.panel(0)->pace().contains(QStringLiteral("400"))) << page.panel(0)->pace().toStdString();
    EXPECT_TRUE(page.panel(1)->pace().contains(QStringLiteral("500")));
    // Another theme changes colours, no word and no underline.
    QPalette dark = page.palette();
    dark.setColor(QPalette::Text, Qt::white);
    page.panel(1)->text()->setPalette(dark);
    EXPECT_EQ(page.panel(1)->text()->toPlainText(), QStringLiteral("Once upon a dog ran"));
    EXPECT_EQ(page.panel(1)->text()->differing(), QStringList{QStringLiteral(" dog ran")});
    TwinTick last{4, {std::nullopt, token(1, 4, ".", true)}};
    last.tokens[1]->reason = StopReason::Eos;
    page.add(update(4, {last}));
    EXPECT_TRUE(page.panel(1)->note().contains(QStringLiteral("ended")));
    EXPECT_TRUE(page.panel(0)->note().isEmpty());
}

TEST_F(Page, BarsOnOneScaleAndCurvesToTheByte) {
    play();
    TwinBytes* bytes = page.bytes();
    ASSERT_EQ(bytes->count(), 2U);
    EXPECT_EQ(bytes->bar(0)->used(), 12'288 * 5);
    EXPECT_EQ(bytes->bar(1)->used(), 3'072 * 5);
    page.grab();
    EXPECT_NEAR(bytes->bar(1)->usedRect().width() / bytes->bar(1)->width(),
                0.25 * bytes->bar(0)->usedRect().width() / bytes->bar(0)->width(), 1e-3);
    EXPECT_TRUE(bytes->difference(0).isEmpty());
    EXPECT_TRUE(bytes->difference(1).contains(QStringLiteral("75.0"))) << bytes->difference(1).toStdString();
    EXPECT_EQ(page.growth()->series(0), (std::vector<std::int64_t>{12'288 * 2, 12'288 * 3, 12'288 * 4, 12'288 * 5}));
    EXPECT_EQ(page.growth()->series(1), (std::vector<std::int64_t>{3'072 * 2, 3'072 * 3, 3'072 * 4, 3'072 * 5}));
    EXPECT_EQ(page.growth()->csv().count(QLatin1Char('\n')), 9);
    EXPECT_EQ(page.sources()->index(2, ByteSourcesModel::Allocator).data(ByteSourcesModel::BytesRole).toLongLong(), (12'288 + 3'072) * 16);
    page.show();
    bytes->figure(1)->click();
    EXPECT_TRUE(bytes->popover()->isVisible());
    EXPECT_TRUE(bytes->popover()->equation().startsWith(QString::fromStdString(pair[1].cache.equation())));
    EXPECT_TRUE(bytes->popover()->verdict().contains(QStringLiteral("agree")));
    bytes->popover()->hide();
    page.begin(pair);
    EXPECT_TRUE(page.growth()->series(0).empty()) << "a new story";
    EXPECT_EQ(page.panel(0)->text()->toPlainText(), QStringLiteral("Once"));
}

TEST_F(Page, UnequalLengthsAreComparedPerToken) {
    CacheUse a, b;
    a.spec = pair[0].cache;
    b.spec = pair[1].cache;
    a.usedTokens = 10;
    b.usedTokens = 30;
    const QString words = byteDifference(b, a);
    EXPECT_TRUE(words.contains(QStringLiteral("25.0"))) << "of all: " << words.toStdString();
    EXPECT_TRUE(words.contains(QStringLiteral("75.0"))) << "per token: " << words.toStdString();
    EXPECT_TRUE(byteDifference(b, CacheUse{}).isEmpty());
    EXPECT_TRUE(byteDifference(a, a).contains(QStringLiteral("as many")));
}

TEST_F(Page, TheButtonsFollowTheState) {
    play();
    CompareHeader* header = page.header();
    QSignalSpy plays(header, &CompareHeader::playWanted), pauses(header, &CompareHeader::pauseWanted);
    QSignalSpy steps(header, &CompareHeader::stepWanted), begins(header, &CompareHeader::beginWanted);
    page.setState(TwinState::Playing);
    EXPECT_FALSE(header->stepButton()->isEnabled());
    header->playButton()->click();
    EXPECT_EQ(pauses.size(), 1);
    page.setState(TwinState::Paused);
    header->playButton()->click();
    header->stepButton()->click();
    EXPECT_EQ(plays.size(), 1);
    EXPECT_EQ(steps.size(), 1);
    page.setState(TwinState::Ended);
    EXPECT_FALSE(header->stepButton()->isEnabled());
    header->playButton()->click();
    header->restartButton()->click();
    QTest::keyClick(header->promptEdit(), Qt::Key_Return);
    EXPECT_EQ(begins.size(), 3) << "at the end play begins again";
    page.setState(TwinState::Opening);
    EXPECT_FALSE(header->playButton()->isEnabled());
    QSignalSpy pace(header, &CompareHeader::paceChosen);
    QTest::keyClick(header->paceBox(), Qt::Key_End);
    ASSERT_EQ(pace.size(), 1);
    EXPECT_EQ(pace[0][0].toInt(), 0);
}

TEST_F(Page, WhoIsComparedIsChosenFromLists) {
    CompareHeader* header = page.header();
    QSignalSpy begins(header, &CompareHeader::beginWanted), folders(header, &CompareHeader::folderWanted);
    header->setCandidates({{QStringLiteral("Shipped"), QStringLiteral("one & two"), pair[0].choice},
                           {QStringLiteral("Shipped"), QStringLiteral("b"), pair[1].choice}});
    const auto pick = [header](std::size_t who, const QString& text) {
        std::unique_ptr<QMenu> menu(header->menuOf(who));
        for (QAction* action : menu->findChildren<QAction*>()) {
            if (action->text() == text) return action->trigger();
        }
        ADD_FAILURE() << text.toStdString();
    };
    pick(0, QStringLiteral("one && two"));
    EXPECT_EQ(begins.size(), 0) << "one alone is no comparison";
    pick(1, QStringLiteral("b"));
    EXPECT_EQ(begins.size(), 1);
    EXPECT_EQ(header->wish().choices, (std::vector<TwinChoice>{pair[0].choice, pair[1].choice}));
    pick(2, QStringLiteral("paper-9l-mla-r2"));
    ASSERT_EQ(header->choices().size(), 3U);
    EXPECT_EQ(header->choices()[2].preset, "paper-9l-mla-r2");
    EXPECT_TRUE(header->chooser(2)->text().contains(QStringLiteral("untrained")));
    pick(2, QStringLiteral("&Take out"));
    EXPECT_EQ(header->choosers(), 2U);
    header->swapButton()->click();
    EXPECT_EQ(header->wish().choices.front(), pair[1].choice);
    pick(0, QStringLiteral("&File or folder…"));
    ASSERT_EQ(folders.size(), 1);
    EXPECT_EQ(folders[0][0].toInt(), 0);
    page.begin(pair);
    pick(1, QStringLiteral("Decode &naively (keeps keys and values)"));
    EXPECT_EQ(header->choices()[1].mla, MlaPath::Naive);
    header->setPrompt(QStringLiteral("A kite"));
    header->setSeed(9);
    EXPECT_EQ(header->wish().prompt, "A kite");
    EXPECT_EQ(header->wish().seed, 9U);
    for (const int more : {2, 3}) header->choose(static_cast<std::size_t>(more), pair[0].choice);
    EXPECT_FALSE(header->addButton()->isEnabled()) << "four at most";
}

TEST_F(Page, PresentsLargeAndComesBack) {
    play();
    page.show();
    page.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&page));
    const qreal small = page.panel(0)->text()->font().pointSizeF();
    page.header()->presentButton()->click();
    EXPECT_FALSE(page.tabs()->isVisible());
    EXPECT_GT(page.panel(0)->text()->font().pointSizeF(), 1.5 * small);
    EXPECT_EQ(page.panel(0)->text()->toPlainText(), QStringLiteral("Once upon a cat sat"));
    pair.push_back(pair[0]);
    page.begin(pair);
    EXPECT_GT(page.panel(2)->text()->font().pointSizeF(), 1.5 * small) << "who comes later too";
    page.header()->restartButton()->setFocus();
    QTest::keyClick(page.header()->restartButton(), Qt::Key_Escape);
    EXPECT_FALSE(page.header()->presentButton()->isChecked());
    EXPECT_TRUE(page.tabs()->isVisible());
    EXPECT_NEAR(page.panel(2)->text()->font().pointSizeF(), small, 0.01);
}

TEST_F(Page, UntrainedSaysSo) {
    pair[1].untrained = true;
    pair[1].choice = {.preset = "demo-mla"};
    page.begin(pair);
    EXPECT_TRUE(page.panel(1)->note().contains(QStringLiteral("random")));
    pair.push_back(pair[0]);
    page.begin(pair);
    EXPECT_EQ(page.panels(), 3U);
    pair.resize(2);
    page.begin(pair);
    EXPECT_EQ(page.panels(), 2U);
}

TEST_F(Page, BytesByContextAndBudget) {
    play();
    page.show();
    ASSERT_EQ(page.tabs()->count(), 6);
    page.tabs()->setCurrentIndex(1);
    BytesTab* lines = page.bytesTab();
    EXPECT_TRUE(lines->isVisible());
    const std::size_t drawn = lines->plot()->count();
    EXPECT_EQ(drawn, page.budget()->ticked().size());
    BudgetModel* model = page.budget();
    EXPECT_TRUE(model->setData(model->index(model->rowOf(QStringLiteral("gpt2-xl")), 0), Qt::Checked, Qt::CheckStateRole));
    EXPECT_EQ(lines->plot()->count(), drawn + 1);
    EXPECT_EQ(lines->plot()->bytesAt(0, 1000), 6144.0 * 1000) << "A in bf16";
    EXPECT_EQ(lines->plot()->csv().count(QLatin1Char('\n')), 1 + static_cast<int>(drawn + 1) * 15);
    const int v3 = model->rowOf(QStringLiteral("deepseek-v3"));
    emit lines->table()->activated(model->index(v3, BudgetModel::Formula));
    EXPECT_TRUE(lines->popover()->isVisible());
    EXPECT_TRUE(lines->popover()->equation().contains(QStringLiteral("(512 latent + 64 rotary key) × 61 layers × 2 bytes")));
    lines->popover()->hide();
    page.tabs()->setCurrentIndex(3);
    BudgetTab* budget = page.budgetTab();
    EXPECT_TRUE(budget->isVisible());
    budget->memoryBox()->setValue(8);
    budget->contextBox()->setValue(512);
    budget->batchBox()->setValue(100);
    budget->weightsBox()->setChecked(false);
    EXPECT_EQ(model->question().memory, 8'000'000'000);
    budget->table()->setCurrentIndex(model->index(model->rowOf(QStringLiteral("paper-9l-mha")), 0));
    EXPECT_TRUE(budget->verdict().contains(QStringLiteral("847"))) << budget->verdict().toStdString();
    budget->typeBox()->setCurrentIndex(1);
    EXPECT_EQ(lines->plot()->bytesAt(0, 10), 12'288.0 * 10 * 100) << "the other tab follows: f32, a hundred stories";
    page.grab();
    budget->table()->selectRow(0);
    EXPECT_TRUE(budget->table()->selectedText().startsWith(QStringLiteral("A · demo-mha\t")));
}

TEST_F(Page, TimesAndTheMapOfWhoIsFaster) {
    play();
    page.setState(TwinState::Ended);
    page.show();
    page.tabs()->setCurrentIndex(2);
    TimeTab* tab = page.timeTab();
    EXPECT_TRUE(tab->isVisible());
    EXPECT_FALSE(tab->map()->isVisible()) << "no empty figures before anything is measured";
    QSignalSpy wanted(tab, &TimeTab::measureWanted), cancelled(tab, &TimeTab::cancelWanted);
    tab->button()->click();
    EXPECT_EQ(wanted.size(), 1);
    tab->setMeasuring(0, 0);
    tab->button()->click();
    EXPECT_EQ(cancelled.size(), 1);

    TimeGrid grid{{64, 256},
                  {1, 4},
                  {{"demo-mha", CacheForm::Full, false}, {"demo-mla", CacheForm::Latent, false}, {"demo-mla", CacheForm::Full, true}},
                  "a machine"};
    const auto took = [](double ms) { return StepTime{ms * 1e-3, ms * 0.9e-3, ms * 1.2e-3, 9}; };
    grid.rows[0].cells = {took(2), took(4), took(8), std::nullopt};
    grid.rows[1].cells = {took(4), took(4), took(2), std::nullopt};
    grid.rows[2].cells = {took(5), took(6), std::nullopt, std::nullopt};
    tab->setGrid(grid);
    tab->setAtRest();
    EXPECT_TRUE(tab->map()->isVisible());
    EXPECT_TRUE(tab->words().contains(QStringLiteral("a machine")));
    EXPECT_EQ(tab->plot()->points(0), 2);
    EXPECT_EQ(tab->plot()->points(2), 1);
    EXPECT_EQ(TimePlot::rowName(grid, 2), QStringLiteral("B · demo-mla, naive"));
    tab->batchBox()->setCurrentIndex(1);
    emit tab->batchBox()->activated(1);
    EXPECT_EQ(tab->plot()->points(0), 1);
    EXPECT_EQ(tab->plot()->csv().count(QLatin1Char('\n')), 1 + 8);

    CrossoverMap* map = tab->map();
    EXPECT_TRUE(map->describe(0, 0).contains(QStringLiteral("A is 2.00"))) << map->describe(0, 0).toStdString();
    EXPECT_TRUE(map->describe(1, 0).contains(QStringLiteral("B is 4.00")));
    EXPECT_TRUE(map->describe(1, 1).contains(QStringLiteral("not measured")));
    EXPECT_TRUE(map->describe(2, 0).isEmpty());
    map->resize(400, 240);
    const QImage picture = map->grab().toImage();
    const auto at = [&](int c, int b) {
        const qreal ratio = picture.devicePixelRatio();
        const QRectF cell = map->cellRect(c, b);
        return picture.pixelColor((QPointF(cell.left() + 6, cell.top() + 6) * ratio).toPoint());
    };
    EXPECT_EQ(at(0, 0), CrossoverMap::ratioColour(0.5, map->palette()));
    EXPECT_EQ(at(1, 0), CrossoverMap::ratioColour(4, map->palette()));
    EXPECT_EQ(at(0, 1), CrossoverMap::ratioColour(1, map->palette())) << "as fast: neutral";
    EXPECT_EQ(CrossoverMap::ratioColour(9, map->palette()), colour(Meaning::Weights)) << "the end of the scale";
    QSignalSpy described(map, &CrossoverMap::described);
    QTest::keyClick(map, Qt::Key_Right);
    QTest::keyClick(map, Qt::Key_Right);
    QTest::keyClick(map, Qt::Key_Right);
    ASSERT_EQ(described.size(), 2) << "the first press marks a cell, the edge is an end";
    EXPECT_EQ(described[1][0].toString(), map->describe(1, 0));
    tab->setGrid({});
    EXPECT_FALSE(map->isVisible());
    EXPECT_EQ(tab->plot()->points(0), 0);
}

TEST_F(Page, LossAgainstBytesReportedAndTrained) {
    LossBytesPlot* plot = page.paperTab()->plot();
    ASSERT_EQ(plot->points().size(), 4U) << "the paper gives a loss for four of its variants";
    EXPECT_TRUE(plot->points()[0].reported);
    EXPECT_EQ(plot->points()[0].bytes, 18'432);
    const std::vector<LossPoint> front = LossBytesPlot::front(plot->points(), true);
    ASSERT_EQ(front.size(), 3U) << "without RoPE is beaten by MHA at as many bytes";
    EXPECT_EQ(front[0].bytes, 4'608);
    EXPECT_EQ(front[2].loss, 2.147);
    EXPECT_TRUE(LossBytesPlot::front(plot->points(), false).empty());
    RunSummary run;
    run.name = "mine";
    run.preset = "demo-mla";
    run.bestLoss = 2.02;
    RunSummary unknown = run;
    unknown.preset = "2-minutes";
    page.paperTab()->setRuns({run, unknown});
    ASSERT_EQ(plot->points().size(), 5U) << "whose shape is not known has no bytes";
    EXPECT_FALSE(plot->points()[4].reported);
    EXPECT_EQ(plot->points()[4].bytes, 1'536);
    EXPECT_EQ(plot->csv().count(QLatin1Char('\n')), 6);
    page.paperTab()->grab();
}

}  // namespace
}  // namespace loom::ui
