// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/write/token_colours.h"

#include <algorithm>
#include <cmath>

#include <QObject>
#include <QPalette>

#include "widgets/common/theme.h"

namespace loom::ui {
namespace {

constexpr double kMostBits = 8;

QColor mixed(const QColor& over, const QColor& under) {
    const auto part = [&](int a, int b) { return static_cast<int>(std::lround(over.alphaF() * a + (1 - over.alphaF()) * b)); };
    return {part(over.red(), under.red()), part(over.green(), under.green()), part(over.blue(), under.blue())};
}

}  // namespace

double surpriseOf(float probability) { return probability > 0 ? std::max(0.0, -std::log2(static_cast<double>(probability))) : 0.0; }

QColor surpriseTint(float probability, const QPalette& palette) {
    if (!(probability > 0)) return {};
    QColor ink = colour(Meaning::Optimiser);
    const double share = std::min(1.0, surpriseOf(probability) / kMostBits);
    ink.setAlphaF(static_cast<float>((isDark(palette) ? 0.45 : 0.40) * share));
    return ink;
}

QString surpriseLegend(const QPalette& palette) {
    QString steps;
    for (const float probability : {1.0F, 0.25F, 0.0625F, 0.0156F, 0.0039F})
        steps += QStringLiteral("<span style=\"background-color:%1\">&nbsp;&nbsp;&nbsp;</span>")
                     .arg(mixed(surpriseTint(probability, palette), palette.color(QPalette::Window)).name());
    return QObject::tr("expected %1 surprising").arg(steps);
}

}  // namespace loom::ui
