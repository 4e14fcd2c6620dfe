// SPDX-License-Identifier: GPL-3.0-or-later
// How numbers and token texts are written for people. Part of loom_itemmodels; needs QtCore only.
#pragma once

#include <cstdint>

#include <QLocale>
#include <QString>

namespace loom::ui {

/// Digits grouped as the locale groups them, spaces made narrow and unbreakable: "1,152", "1 152".
[[nodiscard]] QString formatCount(std::int64_t count, const QLocale& locale = QLocale());
/// Decimal units with three significant digits: "512 B", "326 kB", "1.30 MB", "63.2 MB". Unit after a narrow no-break space.
[[nodiscard]] QString formatBytes(std::int64_t bytes, const QLocale& locale = QLocale());
/// Every byte: "325,632 B".
[[nodiscard]] QString formatBytesExact(std::int64_t bytes, const QLocale& locale = QLocale());
/// A probability in [0, 1]: "41 %", "4.1 %" below ten, "<0.1 %" for what would show as nothing, "0 %" for nothing.
[[nodiscard]] QString formatPercent(double fraction, const QLocale& locale = QLocale());
/// "412 tok/s", one decimal below ten; empty for 0 (not known).
[[nodiscard]] QString formatRate(double tokensPerSecond, const QLocale& locale = QLocale());
/// White space and control characters made visible: " a\n" → "·a↵".
[[nodiscard]] QString visibleText(const QString& text);

}  // namespace loom::ui
