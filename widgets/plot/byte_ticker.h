// SPDX-License-Identifier: GPL-3.0-or-later
// ByteTicker: tick labels with a unit, "400 kB", on even or logarithmic axes.
#pragma once

#include <cmath>

#include <qcustomplot.h>

#include "widgets/common/number_format.h"

namespace loom::ui {

template <class Ticker>
class ByteLabels final : public Ticker {
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar, int) override {
        return formatBytes(static_cast<std::int64_t>(std::llround(tick)), locale);
    }
};

using ByteTicker = ByteLabels<QCPAxisTicker>;
using LogByteTicker = ByteLabels<QCPAxisTickerLog>;

}  // namespace loom::ui
