// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/common/time_format.h"

#include <array>
#include <cmath>

#include <QCoreApplication>

#include "widgets/common/number_format.h"

namespace loom::ui {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("loom::ui::TimeFormat", text); }

QString two(std::int64_t value) { return QStringLiteral("%1").arg(static_cast<qlonglong>(value), 2, 10, QLatin1Char('0')); }

}  // namespace

QString formatDuration(double seconds) {
    if (!(seconds >= 0) || seconds > 1e12) return {};
    if (seconds < 1) return tr("<1 s");
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    const std::int64_t minutes = (whole + 30) / 60;
    if (whole >= 48 * 3600) return tr("%1 d %2 h").arg(minutes / 1440).arg(minutes % 1440 / 60);
    if (whole >= 3600) return tr("%1 h %2 min").arg(QString::number(minutes / 60), two(minutes % 60));
    if (whole >= 60) return tr("%1 min %2 s").arg(QString::number(whole / 60), two(whole % 60));
    return tr("%1 s").arg(whole);
}

QString formatShortCount(std::int64_t count, const QLocale& locale) {
    constexpr std::array kUnits{"", "k", "M", "G", "T"};
    double value = static_cast<double>(count);
    std::size_t unit = 0;
    while (std::abs(value) >= (unit == 0 ? 1000.0 : 999.5) && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    if (unit == 0) return formatCount(count, locale);
    const double size = std::abs(value);
    return locale.toString(value, 'f', size < 9.995 ? 2 : size < 99.95 ? 1 : 0) + QChar(0x202F) + QLatin1String(kUnits[unit]);
}

QString formatMoment(const QDateTime& moment, const QDateTime& now, const QLocale& locale) {
    if (!moment.isValid()) return {};
    const QString time = locale.toString(moment.time(), QStringLiteral("HH:mm"));
    const qint64 days = moment.date().daysTo(now.date());
    if (days == 0) return tr("today %1").arg(time);
    if (days == 1) return tr("yesterday %1").arg(time);
    return locale.toString(moment.date(), QLocale::ShortFormat);
}

}  // namespace loom::ui
