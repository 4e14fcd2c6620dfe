// SPDX-License-Identifier: GPL-3.0-or-later
// BottomStrip: the facts of the running model, and the other form labelled as a formula.
#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QLabel>
#include <QLayout>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "widgets/common/bottom_strip.h"
#include "widgets/common/byte_bar.h"
#include "widgets/common/twin_switch.h"

namespace loom::ui {
namespace {

ModelSummary model() {
    ModelSummary m;
    m.name = "stories <b>";
    m.device = "CPU";
    m.threads = 2;
    m.config.context = 512;
    m.cache = {CacheForm::Latent, 6, {{CacheLane::Latent, 96}, {CacheLane::RotaryKey, 32}}, DType::BF16};
    m.otherForm = {CacheForm::Full, 6, {{CacheLane::Keys, 256}, {CacheLane::Values, 256}}, DType::BF16};
    return m;
}

CacheUse use(std::int64_t tokens) {
    CacheUse u;
    u.spec = model().cache;
    u.usedTokens = tokens;
    u.capacityTokens = 512;
    u.bytes = u.spec.bytesPerToken() * 512;
    return u;
}

struct BottomStripTest : ::testing::Test {
    BottomStrip strip;
    void SetUp() override {
        strip.resize(1600, strip.minimumSizeHint().height());
        strip.show();
    }
    QLabel* cell(const char* name) const { return strip.findChild<QLabel*>(QLatin1String(name)); }
    QString text(const char* name) const { return cell(name)->text().replace(QChar(0x202F), QLatin1Char(' ')); }
};

TEST_F(BottomStripTest, SaysThatNothingIsOpen) {
    EXPECT_TRUE(text("device").contains(QStringLiteral("No checkpoint")));
    EXPECT_FALSE(cell("model")->isVisible());
    EXPECT_FALSE(cell("memory")->isVisible());
    strip.setUse(use(10));
    EXPECT_FALSE(cell("memory")->isVisible());
}

TEST_F(BottomStripTest, ShowsModelSpeedAndContext) {
    strip.setModel(model());
    EXPECT_EQ(text("device"), QString::fromUtf8("CPU · 2 threads"));
    EXPECT_TRUE(text("model").contains(QString::fromUtf8(">stories &lt;b&gt;</a> · bf16"))) << text("model").toStdString();
    EXPECT_FALSE(cell("speed")->isVisible());
    strip.setTokensPerSecond(412);
    EXPECT_EQ(text("speed"), QStringLiteral("412 tok/s"));
    EXPECT_TRUE(cell("speed")->isVisible());
    strip.setContext(212, 512);
    EXPECT_TRUE(text("context").contains(QStringLiteral("212")));
    EXPECT_TRUE(text("context").contains(QStringLiteral("of 512")));
    strip.setStatus(QStringLiteral("Opening…"));
    EXPECT_TRUE(cell("status")->isVisible());
    strip.clearModel();
    EXPECT_FALSE(cell("model")->isVisible());
    EXPECT_FALSE(cell("memory")->isVisible());
}

TEST_F(BottomStripTest, BothFormsOnOneScale) {
    strip.setModel(model());
    strip.setUse(use(212));
    const auto bars = strip.findChildren<ByteBar*>();
    ASSERT_EQ(bars.size(), 2);
    EXPECT_EQ(bars[0]->source(), ByteBar::Source::Measured);
    EXPECT_EQ(bars[0]->used(), 128 * 6 * 2 * 212);
    EXPECT_EQ(bars[0]->allocated(), 128 * 6 * 2 * 512);
    EXPECT_EQ(bars[1]->source(), ByteBar::Source::Formula);
    EXPECT_EQ(bars[1]->used(), 512 * 6 * 2 * 212);
    EXPECT_NEAR(bars[1]->allocatedRect().width(), bars[1]->width(), 0.01);
    EXPECT_NEAR(bars[0]->allocatedRect().width() * 4, bars[1]->allocatedRect().width(), 0.01);
    EXPECT_TRUE(text("memory").contains(QStringLiteral("326 kB")));
    EXPECT_TRUE(text("memory").contains(QStringLiteral("MHA")));
    EXPECT_TRUE(text("memory").contains(QStringLiteral("formula")));
}

TEST_F(BottomStripTest, TheTwinIsNamedAndOneClickAway) {
    ModelSummary mla = model();
    mla.config.attention.latent = Latent::Joint;
    strip.setModel(mla);
    EXPECT_FALSE(strip.twinSwitch()->isVisible());
    ModelConfig full;
    full.attention.heads = full.attention.kvHeads = 4;
    mla.twin = TwinSummary{"Demo MHA", "/models/demo-mha", full};
    strip.setModel(mla);
    strip.setUse(use(212));
    EXPECT_TRUE(text("memory").contains(QStringLiteral("Demo MHA would hold")));
    EXPECT_FALSE(text("memory").contains(QStringLiteral("formula")));
    ASSERT_TRUE(strip.twinSwitch()->isVisible());
    QToolButton* latent = strip.twinSwitch()->latentButton();
    QToolButton* other = strip.twinSwitch()->fullButton();
    EXPECT_EQ(latent->text(), QStringLiteral("MLA"));
    EXPECT_EQ(other->text(), QStringLiteral("MHA"));
    EXPECT_TRUE(latent->isChecked());
    QSignalSpy asked(&strip, &BottomStrip::twinRequested);
    QTest::mouseClick(latent, Qt::LeftButton);
    EXPECT_EQ(asked.count(), 0) << "it runs already";
    EXPECT_TRUE(latent->isChecked());
    QTest::mouseClick(other, Qt::LeftButton);
    EXPECT_EQ(asked.count(), 1);
    EXPECT_TRUE(latent->isChecked()) << "until the twin is there";
    // And from the other side.
    ModelSummary mha = mla;
    mha.twin = TwinSummary{"Demo MLA", "/models/demo-mla", mla.config};
    mha.config = full;
    strip.setModel(mha);
    EXPECT_EQ(latent->text(), QStringLiteral("MLA"));
    EXPECT_TRUE(other->isChecked());
    strip.twinSwitch()->setSwitchEnabled(false);
    QTest::mouseClick(latent, Qt::LeftButton);
    EXPECT_EQ(asked.count(), 1);
}

TEST_F(BottomStripTest, NothingIsCutOffHoweverNarrow) {
    ModelSummary mla = model();
    mla.config.attention.latent = Latent::Joint;
    mla.twin = TwinSummary{"Demo MHA", "/models/demo-mha", {}};
    strip.setModel(mla);
    strip.setUse(use(212));
    strip.setContext(212, 512);
    strip.setTokensPerSecond(412);
    QWidget window;  // a window of its own would not become narrower than its contents
    strip.setParent(&window);
    window.show();
    strip.show();
    for (int width = 1600; width >= 640; width -= 60) {
        strip.resize(width, strip.height());
        QCoreApplication::processEvents();
        EXPECT_LE(strip.layout()->minimumSize().width(), width) << width;
        EXPECT_TRUE(cell("memory")->isVisible() && strip.twinSwitch()->isVisible()) << width;
        EXPECT_GE(cell("memory")->width(), cell("memory")->sizeHint().width()) << width;
    }
    strip.setParent(nullptr);
}

TEST_F(BottomStripTest, ThePressedNameAsksForTheCard) {
    strip.setModel(model());
    QSignalSpy asked(&strip, &BottomStrip::cardRequested);
    emit cell("model")->linkActivated(QStringLiteral("card"));
    EXPECT_EQ(asked.count(), 1);
}

TEST_F(BottomStripTest, NarrowWindowsKeepTheMemoryStrip) {
    strip.setModel(model());
    strip.setUse(use(212));
    strip.setContext(212, 512);
    strip.resize(900, strip.height());
    QCoreApplication::processEvents();
    EXPECT_TRUE(cell("memory")->isVisible());
    EXPECT_FALSE(cell("device")->isVisible());
    EXPECT_FALSE(strip.grab().isNull());
}

}  // namespace
}  // namespace loom::ui
