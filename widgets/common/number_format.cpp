// SPDX-License-Identifier: GPL-3.0-or-later
// Number formatting: see the header.
#include "widgets/common/number_format.h"

#include <array>
#include <cmath>

namespace loom::ui {

namespace {

constexpr QChar kNarrowSpace(0x202F);

QLocale grouped(const QLocale& locale) {
    QLocale copy = locale;
    copy.setNumberOptions(QLocale::DefaultNumberOptions);  // the C locale omits group separators
    return copy;
}

QString narrow(QString digits) {
    digits.replace(QChar(QChar::Nbsp), kNarrowSpace);
    digits.replace(QChar(0x2009), kNarrowSpace);
    digits.replace(QLatin1Char(' '), kNarrowSpace);
    return digits;
}

QString fixed(double value, int decimals, const QLocale& locale) { return narrow(grouped(locale).toString(value, 'f', decimals)); }

QString withUnit(const QString& number, const char* unit) { return number + kNarrowSpace + QLatin1String(unit); }

}  // namespace

QString formatCount(std::int64_t count, const QLocale& locale) { return narrow(grouped(locale).toString(static_cast<qlonglong>(count))); }

QString formatBytes(std::int64_t bytes, const QLocale& locale) {
    constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    // 999.5 kB would round to "1,000 kB".
    while (std::abs(value) >= (unit == 0 ? 1000.0 : 999.5) && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    if (unit == 0) return withUnit(formatCount(bytes, locale), kUnits[0]);
    const double size = std::abs(value);
    return withUnit(fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0, locale), kUnits[unit]);
}

QString formatBytesExact(std::int64_t bytes, const QLocale& locale) { return withUnit(formatCount(bytes, locale), "B"); }

QString formatPercent(double fraction, const QLocale& locale) {
    const double percent = fraction * 100;
    if (percent > 0 && percent < 0.1) return QLatin1Char('<') + withUnit(fixed(0.1, 1, locale), "%");
    const int decimals = percent > 0 && percent < 9.95 ? 1 : 0;
    return withUnit(fixed(percent, decimals, locale), "%");
}

QString formatRate(double tokensPerSecond, const QLocale& locale) {
    if (!(tokensPerSecond > 0)) return {};
    return withUnit(fixed(tokensPerSecond, tokensPerSecond < 9.95 ? 1 : 0, locale), "tok/s");
}

QString visibleText(const QString& text) {
    QString out;
    out.reserve(text.size());
    for (const QChar c : text) {
        if (c == QLatin1Char(' '))
            out += QChar(0x00B7);
        else if (c == QLatin1Char('\n'))
            out += QChar(0x21B5);
        else if (c == QLatin1Char('\t'))
            out += QChar(0x21E5);
        else if (c.category() == QChar::Other_Control)
            out += QStringLiteral("\\x%1").arg(c.unicode(), 2, 16, QLatin1Char('0'));
        else
            out += c;
    }
    return out;
}

}  // namespace loom::ui
