// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerPanel: values in, signals out, the order of the samplers, what a step shows, presets, beam search.
#include <gtest/gtest.h>

#include <QAction>
#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QScrollArea>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QToolButton>

#include "tests/widgets/story_samples.h"
#include "widgets/common/number_format.h"
#include "widgets/write/preset_bar.h"
#include "widgets/write/sampler_list.h"
#include "widgets/write/sampler_panel.h"
#include "widgets/write/sampler_row.h"

namespace loom::ui {
namespace {

using Stages = std::vector<SamplerStage>;

struct SamplerPanelTest : ::testing::Test {
    SamplerPanel panel;
    QSignalSpy changed{&panel, &SamplerPanel::changed};
    void SetUp() override {
        panel.resize(292, 560);
        panel.show();
        QCoreApplication::processEvents();
        changed.clear();
    }
    SamplerList& list() const { return *panel.findChild<SamplerList*>(); }
    PresetBar& presets() const { return *panel.findChild<PresetBar*>(); }
    SamplerRow& row(SamplerStage stage) const { return *list().row(stage); }
    QDoubleSpinBox& number(SamplerStage stage) const { return *row(stage).findChild<QDoubleSpinBox*>(); }
    MoveHandle& handle(SamplerStage stage) const { return *row(stage).findChild<MoveHandle*>(); }
};

TEST_F(SamplerPanelTest, WhatIsOffIsFoldedAway) {
    EXPECT_EQ(list().shownStages(), (Stages{SamplerStage::Temperature, SamplerStage::TopP}));
    list().setAllShown(true);
    EXPECT_EQ(list().shownStages().size(), kSamplerStages);
    number(SamplerStage::Xtc).setValue(0.5);
    list().setAllShown(false);
    EXPECT_EQ(list().shownStages(), (Stages{SamplerStage::Temperature, SamplerStage::TopP, SamplerStage::Xtc}));
    number(SamplerStage::Xtc).setValue(0);
    EXPECT_FALSE(row(SamplerStage::Xtc).isHidden()) << "it does not vanish from under the hand";
    SamplerSettings settings;
    settings.topK = 40;
    panel.setSamplers(settings);
    EXPECT_EQ(list().shownStages(), (Stages{SamplerStage::Temperature, SamplerStage::TopK, SamplerStage::TopP}));
}

TEST_F(SamplerPanelTest, EveryNumberGoesInAndOut) {
    list().setAllShown(true);
    for (const SamplerParameter& parameter : samplerParameters()) {
        SamplerRow& its = row(parameter.stage);
        its.setOpen(true);
        std::size_t which = 0;
        for (const SamplerParameter& other : samplerParameters()) {
            if (&other == &parameter) break;
            which += other.stage == parameter.stage ? 1 : 0;
        }
        const auto boxes = its.findChildren<QDoubleSpinBox*>();
        ASSERT_GT(static_cast<std::size_t>(boxes.size()), which);
        QDoubleSpinBox* box = boxes.at(static_cast<qsizetype>(which));
        const ParameterRange range = parameterRange(parameter);
        const double wanted = parameter.whole ? 3 : range.least + 2 * range.step;
        changed.clear();
        box->setValue(wanted);
        EXPECT_EQ(changed.size(), 1) << parameter.key;
        EXPECT_NEAR(parameter.of(panel.samplers()), wanted, 1e-9) << parameter.key;
        EXPECT_FALSE(problemWith(panel.samplers())) << parameter.key;
        EXPECT_FALSE(box->toolTip().isEmpty()) << parameter.key;
        EXPECT_FALSE(box->accessibleName().isEmpty()) << parameter.key;
    }
    auto* slider = row(SamplerStage::Temperature).findChild<QSlider*>();
    slider->setValue(150);
    EXPECT_NEAR(panel.samplers().temperature, 1.5, 1e-9);
    auto* breakers = row(SamplerStage::Dry).findChildren<QLineEdit*>().last();
    QTest::keyClicks(breakers, QStringLiteral("\\n?"));
    EXPECT_TRUE(panel.samplers().dryBreakers.ends_with("\n?"));
    SamplerSettings exact;
    exact.temperature = 0.8125;
    panel.setSamplers(exact);
    EXPECT_EQ(panel.samplers(), exact) << "nothing is rounded by being shown";
}

TEST_F(SamplerPanelTest, TheKeyboardMovesASampler) {
    SamplerSettings settings;
    settings.topK = 40;
    panel.setSamplers(settings);
    changed.clear();
    QTest::keyClick(&handle(SamplerStage::TopP), Qt::Key_Up, Qt::AltModifier);
    EXPECT_EQ(list().shownStages(), (Stages{SamplerStage::Temperature, SamplerStage::TopP, SamplerStage::TopK}));
    EXPECT_EQ(changed.size(), 1);
    QTest::keyClick(&handle(SamplerStage::TopP), Qt::Key_Up);
    QTest::keyClick(&handle(SamplerStage::TopP), Qt::Key_Up);
    EXPECT_EQ(list().shownStages().front(), SamplerStage::TopP);
    EXPECT_EQ(changed.size(), 2) << "at the top it stays";
    QTest::keyClick(&handle(SamplerStage::TopP), Qt::Key_Down, Qt::AltModifier);
    EXPECT_EQ(list().shownStages(), (Stages{SamplerStage::Temperature, SamplerStage::TopP, SamplerStage::TopK}));
    EXPECT_FALSE(problemWith(panel.samplers()));
    EXPECT_NE(panel.samplers().order, kSamplerOrder);
    EXPECT_LT(row(SamplerStage::TopP).y(), row(SamplerStage::TopK).y());
}

TEST_F(SamplerPanelTest, TheMouseMovesASampler) {
    list().setAllShown(true);
    QCoreApplication::processEvents();
    MoveHandle& grip = handle(SamplerStage::Mirostat);
    QTest::mousePress(&grip, Qt::LeftButton, {}, grip.rect().center());
    const QPoint top = list().mapToGlobal(QPoint(5, 1));
    QMouseEvent move(QEvent::MouseMove, grip.mapFromGlobal(top), top, Qt::NoButton, Qt::LeftButton, {});
    QCoreApplication::sendEvent(&grip, &move);
    EXPECT_EQ(list().shownStages().front(), SamplerStage::Mirostat);
    QTest::mouseRelease(&grip, Qt::LeftButton);
    EXPECT_EQ(list().shownStages()[1], SamplerStage::Repetition);
}

TEST_F(SamplerPanelTest, AStepShowsWhatEachSamplerRemoved) {
    TokenStep step = samples::token(9, " dog");
    panel.showStep(step);
    EXPECT_EQ(row(SamplerStage::TopP).shownTrace(), QStringLiteral("9 left, ") + formatPercent(0.95));
    EXPECT_TRUE(row(SamplerStage::Temperature).shownTrace().contains(formatPercent(0.12)));
    EXPECT_EQ(row(SamplerStage::MinP).shownTrace(), QString());
    step.origin = TokenOrigin::Special;
    panel.showStep(step);
    EXPECT_NE(row(SamplerStage::TopP).shownTrace(), QString()) << "an end is drawn as any word";
    step.reread = true;
    panel.showStep(step);
    EXPECT_EQ(row(SamplerStage::TopP).shownTrace(), QString());
    panel.showStep(samples::token(9, " dog"));
    panel.clearStep();
    EXPECT_EQ(row(SamplerStage::TopP).shownTrace(), QString());
}

TEST_F(SamplerPanelTest, PresetsSetEverythingAndOwnOnesAreKept) {
    auto* combo = presets().findChild<QComboBox*>();
    EXPECT_EQ(presets().shownName(), QStringLiteral("Balanced"));
    for (int i = 0; i < static_cast<int>(samplerPresets().size()); ++i) {
        combo->setCurrentIndex(i);
        emit combo->activated(i);
        EXPECT_EQ(panel.samplers(), samplerPresets()[static_cast<std::size_t>(i)].settings);
        EXPECT_EQ(combo->currentIndex(), i);
    }
    number(SamplerStage::Temperature).setValue(0.33);
    EXPECT_EQ(combo->currentIndex(), -1) << "it is none of them any more";
    changed.clear();
    presets().save(QStringLiteral("  Fairy  tale "));
    EXPECT_EQ(changed.size(), 1);
    EXPECT_EQ(presets().shownName(), QStringLiteral("Fairy tale"));
    presets().save(QStringLiteral("Wild"));
    presets().save(QStringLiteral(" "));
    ASSERT_EQ(panel.ownPresets().size(), 2U);
    EXPECT_EQ(panel.ownPresets()[1].name, QStringLiteral("Wild (own)"));
    panel.setSamplers({});
    emit combo->activated(combo->findText(QStringLiteral("Fairy tale")));
    EXPECT_NEAR(panel.samplers().temperature, 0.33, 1e-9);
    presets().removeShown();
    presets().removeShown();
    EXPECT_TRUE(panel.ownPresets().empty());
    presets().removeShown();
    EXPECT_EQ(combo->count(), static_cast<int>(samplerPresets().size())) << "the program's own stay";
    for (QAction* action : presets().findChildren<QAction*>())
        if (action->text().startsWith(QStringLiteral("Reset"))) action->trigger();
    EXPECT_EQ(panel.samplers(), SamplerSettings{});
}

TEST_F(SamplerPanelTest, BeamSearchTakesThePlaceOfTheSamplers) {
    EXPECT_EQ(panel.beams().width, 1);
    QComboBox* method = nullptr;
    for (auto* combo : panel.findChildren<QComboBox*>())
        if (combo->parent() != &presets()) method = combo;
    ASSERT_NE(method, nullptr);
    method->setCurrentIndex(1);
    EXPECT_EQ(panel.beams().width, 5);
    EXPECT_FALSE(list().isVisible());
    EXPECT_GE(changed.size(), 1);
    panel.setBeams({.width = 500, .lengthPenalty = 99});
    EXPECT_FALSE(problemWith(panel.beams()));
    panel.setBeams({});
    EXPECT_EQ(panel.beams().width, 1);
    EXPECT_TRUE(list().isVisible());
}

TEST_F(SamplerPanelTest, NothingIsCutOffAtTheSideWhateverIsOpen) {
    list().setAllShown(true);
    for (const SamplerStage stage : kSamplerOrder) row(stage).setOpen(true);
    SamplerSettings settings = panel.samplers();
    settings.dryMultiplier = 0.8;
    panel.setSamplers(settings);
    QCoreApplication::processEvents();
    auto* area = panel.findChild<QScrollArea*>();
    EXPECT_LE(area->widget()->minimumSizeHint().width(), area->viewport()->width());
    for (auto* box : panel.findChildren<QWidget*>()) {
        if (!box->isVisible() || box->width() == 0) continue;
        EXPECT_FALSE(box->inherits("QAbstractSpinBox") && box->focusPolicy() == Qt::WheelFocus) << "the wheel scrolls";
    }
}

}  // namespace
}  // namespace loom::ui
