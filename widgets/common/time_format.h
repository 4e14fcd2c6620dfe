// SPDX-License-Identifier: GPL-3.0-or-later
// How durations, dates and large counts are written for people. Part of loom_itemmodels; needs QtCore only.
#pragma once

#include <cstdint>

#include <QDateTime>
#include <QLocale>
#include <QString>

namespace loom::ui {

/// "1 h 04 min", "3 min 20 s", "12 s", "<1 s"; days above 48 hours: "3 d 5 h".
[[nodiscard]] QString formatDuration(double seconds);
/// Three significant digits: "850", "12.3 k", "4.01 M", "1.20 G". Unit after a narrow no-break space.
[[nodiscard]] QString formatShortCount(std::int64_t count, const QLocale& locale = QLocale());
/// Of a moment in the past, seen from `now`: "today 14:05", "yesterday 09:12", else the date.
[[nodiscard]] QString formatMoment(const QDateTime& moment, const QDateTime& now, const QLocale& locale = QLocale());

}  // namespace loom::ui
