// SPDX-License-Identifier: GPL-3.0-or-later
// Theme: see the header.
#include "widgets/common/theme.h"

#include <algorithm>
#include <cmath>

#include <QApplication>

#include "widgets/common/loom_style.h"

namespace loom::ui {

namespace {

constexpr double kSmallestPoints = 10;

struct Tones {
    QColor window, base, alternate, text, muted, disabled, line, button, accent, onAccent;
};

QPalette paletteFrom(const Tones& t) {
    QPalette p;
    p.setColor(QPalette::Window, t.window);
    p.setColor(QPalette::WindowText, t.text);
    p.setColor(QPalette::Base, t.base);
    p.setColor(QPalette::AlternateBase, t.alternate);
    p.setColor(QPalette::Text, t.text);
    p.setColor(QPalette::PlaceholderText, t.muted);
    p.setColor(QPalette::Button, t.button);
    p.setColor(QPalette::ButtonText, t.text);
    p.setColor(QPalette::BrightText, t.onAccent);
    p.setColor(QPalette::Light, t.button);
    p.setColor(QPalette::Midlight, t.alternate);
    p.setColor(QPalette::Mid, t.line);
    p.setColor(QPalette::Dark, t.muted);
    p.setColor(QPalette::Shadow, QColor(0, 0, 0, 60));
    p.setColor(QPalette::Highlight, t.accent);
    p.setColor(QPalette::HighlightedText, t.onAccent);
    p.setColor(QPalette::Link, t.accent);
    p.setColor(QPalette::LinkVisited, t.accent);
    p.setColor(QPalette::ToolTipBase, t.base);
    p.setColor(QPalette::ToolTipText, t.text);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::PlaceholderText})
        p.setColor(QPalette::Disabled, role, t.disabled);
    p.setColor(QPalette::Disabled, QPalette::Highlight, t.line);
    p.setColor(QPalette::Disabled, QPalette::HighlightedText, t.disabled);
    return p;
}

double luminance(const QColor& c) {
    const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

}  // namespace

QColor colour(Meaning meaning) {
    switch (meaning) {
        case Meaning::FullCache: return QColor(0xE6, 0x9F, 0x00);
        case Meaning::Latent: return QColor(0x00, 0x9E, 0x73);
        case Meaning::RotaryKey: return QColor(0xCC, 0x79, 0xA7);
        case Meaning::Content: return QColor(0x56, 0xB4, 0xE9);
        case Meaning::Position: return QColor(0xCC, 0x79, 0xA7);
        case Meaning::Weights: return QColor(0x00, 0x72, 0xB2);
        case Meaning::Activations: return QColor(0xF0, 0xE4, 0x42);
        case Meaning::Optimiser: return QColor(0xD5, 0x5E, 0x00);
        case Meaning::Other: return QColor(0x8C, 0x91, 0x98);
    }
    return {};
}

QColor textColour(Meaning meaning, const QPalette& palette) {
    QColor hue = colour(meaning);
    const QColor window = palette.color(QPalette::Active, QPalette::Window);
    const QColor base = palette.color(QPalette::Active, QPalette::Base);
    const bool dark = isDark(palette);
    for (int i = 0; i < 60 && std::min(contrast(hue, window), contrast(hue, base)) < 4.5; ++i) {
        float h = 0, s = 0, l = 0;
        hue.getHslF(&h, &s, &l);
        hue.setHslF(h, s, std::clamp(l + (dark ? 0.015F : -0.015F), 0.0F, 1.0F));
    }
    return hue;
}

QColor accent(const QPalette& palette) { return palette.color(QPalette::Active, QPalette::Highlight); }
QColor mutedText(const QPalette& palette) { return palette.color(QPalette::Active, QPalette::PlaceholderText); }
QColor separator(const QPalette& palette) { return palette.color(QPalette::Active, QPalette::Mid); }

QColor tint(const QPalette& palette) {
    QColor c = accent(palette);
    c.setAlphaF(isDark(palette) ? 0.16F : 0.10F);
    return c;
}

QPalette lightPalette() {
    return paletteFrom({.window = QColor(0xF7, 0xF5, 0xF2),
                        .base = QColor(0xFF, 0xFE, 0xFC),
                        .alternate = QColor(0xEF, 0xEC, 0xE7),
                        .text = QColor(0x1E, 0x21, 0x26),
                        .muted = QColor(0x66, 0x6B, 0x73),
                        .disabled = QColor(0xA6, 0xA8, 0xAC),
                        .line = QColor(0xDA, 0xD7, 0xD1),
                        .button = QColor(0xFF, 0xFE, 0xFC),
                        .accent = QColor(0x00, 0x72, 0xB2),
                        .onAccent = QColor(0xFF, 0xFF, 0xFF)});
}

QPalette darkPalette() {
    return paletteFrom({.window = QColor(0x1E, 0x20, 0x23),
                        .base = QColor(0x25, 0x28, 0x2C),
                        .alternate = QColor(0x2C, 0x30, 0x35),
                        .text = QColor(0xE8, 0xE6, 0xE1),
                        .muted = QColor(0x9C, 0xA2, 0xA9),
                        .disabled = QColor(0x62, 0x67, 0x6D),
                        .line = QColor(0x3A, 0x3E, 0x43),
                        .button = QColor(0x25, 0x28, 0x2C),
                        .accent = QColor(0x56, 0xB4, 0xE9),
                        .onAccent = QColor(0x0F, 0x1A, 0x22)});
}

bool isDark(const QPalette& palette) { return luminance(palette.color(QPalette::Active, QPalette::Window)) < 0.18; }

double contrast(const QColor& a, const QColor& b) {
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

void applyTheme(QApplication& app, ThemeChoice choice) {
    app.setPalette(QPalette());  // back to the system's own, to ask it
    const bool dark = choice == ThemeChoice::Dark || (choice == ThemeChoice::System && isDark(QApplication::palette()));
    if (qobject_cast<LoomStyle*>(QApplication::style()) == nullptr) QApplication::setStyle(new LoomStyle);
    app.setPalette(dark ? darkPalette() : lightPalette());
    // Without a desktop's settings Qt falls back to 9 points, too small to read for long.
    QFont font = QApplication::font();
    if (font.pointSizeF() > 0 && font.pointSizeF() < kSmallestPoints) {
        font.setPointSizeF(kSmallestPoints);
        QApplication::setFont(font);
    }
}

QFont storyFont(const QFont& interfaceFont) {
    QFont font = scaledFont(interfaceFont, 1.25);
    font.setFamilies({QStringLiteral("Source Serif 4"), QStringLiteral("Noto Serif"), QStringLiteral("DejaVu Serif"),
                      QStringLiteral("Georgia"), QStringLiteral("Liberation Serif")});
    font.setStyleHint(QFont::Serif);
    return font;
}

QFont scaledFont(const QFont& interfaceFont, double factor, bool bold) {
    QFont font = interfaceFont;
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * factor);
    else
        font.setPixelSize(qRound(font.pixelSize() * factor));
    if (bold) font.setWeight(QFont::DemiBold);
    return font;
}

}  // namespace loom::ui
