// SPDX-License-Identifier: GPL-3.0-or-later
// Theme: text is readable in both themes, meaning colours stay the same, icons exist and take the theme's colour.
#include <gtest/gtest.h>

#include <QApplication>
#include <QListView>
#include <QSignalSpy>
#include <QTest>

#include "widgets/common/icons.h"
#include "widgets/common/mode_bar.h"
#include "widgets/common/theme.h"

namespace loom::ui {
namespace {

class ThemeTest : public ::testing::TestWithParam<bool> {
protected:
    QPalette palette = GetParam() ? darkPalette() : lightPalette();
    QColor role(QPalette::ColorRole r) const { return palette.color(QPalette::Active, r); }
};

// What lies under `over` once it is painted on `under`.
QColor blended(const QColor& over, const QColor& under) {
    const double a = over.alphaF();
    return QColor::fromRgbF(static_cast<float>(over.redF() * a + under.redF() * (1 - a)),
                            static_cast<float>(over.greenF() * a + under.greenF() * (1 - a)),
                            static_cast<float>(over.blueF() * a + under.blueF() * (1 - a)));
}

TEST_P(ThemeTest, TextIsReadable) {
    EXPECT_EQ(isDark(palette), GetParam());
    for (const auto ground : {QPalette::Window, QPalette::Base, QPalette::AlternateBase, QPalette::Button}) {
        for (const auto ink : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::PlaceholderText})
            EXPECT_GE(contrast(role(ink), role(ground)), 4.5) << ink << " on " << ground;
    }
    EXPECT_GE(contrast(role(QPalette::HighlightedText), role(QPalette::Highlight)), 4.5);
    EXPECT_GE(contrast(role(QPalette::Link), role(QPalette::Window)), 4.5);
    EXPECT_GE(contrast(role(QPalette::ToolTipText), role(QPalette::ToolTipBase)), 4.5);
}

TEST_P(ThemeTest, TextOnTheTintIsReadable) {
    EXPECT_LE(tint(palette).alphaF(), 0.25F);
    EXPECT_GE(contrast(role(QPalette::Text), blended(tint(palette), role(QPalette::Window))), 4.5);
    EXPECT_GE(contrast(mutedText(palette), blended(tint(palette), role(QPalette::Base))), 4.0);
}

TEST_P(ThemeTest, MeaningColoursAreReadableAsText) {
    for (int m = 0; m <= static_cast<int>(Meaning::Other); ++m) {
        const QColor ink = textColour(static_cast<Meaning>(m), palette);
        EXPECT_GE(contrast(ink, role(QPalette::Window)), 4.5) << m;
        EXPECT_GE(contrast(ink, role(QPalette::Base)), 4.5) << m;
    }
}

INSTANTIATE_TEST_SUITE_P(LightAndDark, ThemeTest, ::testing::Bool());

TEST(Theme, MeaningColoursAreTheAgreedOnes) {
    EXPECT_EQ(colour(Meaning::FullCache), QColor(QStringLiteral("#E69F00")));
    EXPECT_EQ(colour(Meaning::Latent), QColor(QStringLiteral("#009E73")));
    EXPECT_EQ(colour(Meaning::RotaryKey), QColor(QStringLiteral("#CC79A7")));
    EXPECT_EQ(colour(Meaning::Content), QColor(QStringLiteral("#56B4E9")));
}

TEST(Theme, ContrastOfKnownPairs) {
    EXPECT_NEAR(contrast(Qt::black, Qt::white), 21, 1e-6);
    EXPECT_NEAR(contrast(Qt::white, Qt::white), 1, 1e-6);
}

TEST(Theme, ApplyingChangesPaletteAndIcons) {
    auto& app = *qobject_cast<QApplication*>(QCoreApplication::instance());
    const QIcon pen = icon(QStringLiteral("write"));
    applyTheme(app, ThemeChoice::Light);
    EXPECT_FALSE(isDark(QApplication::palette()));
    const QImage light = pen.pixmap(24, 24).toImage();
    applyTheme(app, ThemeChoice::Dark);
    EXPECT_TRUE(isDark(QApplication::palette()));
    EXPECT_NE(pen.pixmap(24, 24).toImage(), light);
    applyTheme(app, ThemeChoice::System);
    EXPECT_GE(QApplication::font().pointSizeF(), 10);
}

TEST(Icons, EveryIconDrawsSomethingAtEverySize) {
    for (const char* name :
         {"write",      "inside",       "cache", "open", "play",  "stop",    "dice", "new-story", "chevron-left", "chevron-right",
          "chevron-up", "chevron-down", "sun",   "moon", "theme", "sliders", "tree", "find", "close",     "copy",         "info"}) {
        const QIcon picture = icon(QLatin1String(name));
        ASSERT_FALSE(picture.isNull()) << name;
        for (const int side : {16, 24, 30, 48}) {
            const QImage image = picture.pixmap(QSize(side, side), 1.0).toImage();
            int inked = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x) inked += image.pixelColor(x, y).alpha() > 0;
            EXPECT_GT(inked, side / 2) << name << side;
        }
    }
    EXPECT_TRUE(icon(QStringLiteral("no such icon")).isNull());
    EXPECT_EQ(appIcon().pixmap(32, 32).size(), QSize(32, 32));
}

TEST(ModeBar, KeysAndSettersChooseModes) {
    ModeBar bar;
    QSignalSpy chosen(&bar, &ModeBar::modeChosen);
    EXPECT_EQ(bar.mode(), -1);
    bar.setMode(3);
    bar.addMode(10, QStringLiteral("Write"), QStringLiteral("write"));
    bar.addMode(20, QStringLiteral("Look inside"), QStringLiteral("inside"));
    EXPECT_EQ(bar.mode(), 10);
    EXPECT_EQ(chosen.size(), 0);
    bar.show();
    QTest::keyClick(&bar, Qt::Key_Down);
    EXPECT_EQ(bar.mode(), 20);
    bar.setMode(99);
    bar.setMode(20);
    EXPECT_EQ(chosen.size(), 1);
    bar.setMode(10);
    ASSERT_EQ(chosen.size(), 2);
    EXPECT_EQ(chosen.last().at(0).toInt(), 10);
    EXPECT_FALSE(bar.grab().isNull());
}

}  // namespace
}  // namespace loom::ui
