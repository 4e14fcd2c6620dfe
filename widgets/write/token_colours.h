// SPDX-License-Identifier: GPL-3.0-or-later
// What the colour behind a word of the story means.
#pragma once

#include <QColor>
#include <QString>

class QPalette;

namespace loom::ui {

enum class TokenColouring {
    Origin,   ///< who put it there: words of the network are tinted
    Surprise  ///< how unlikely it was, whoever put it there
};

/// Bits of surprise, −log2 p; 0 for a probability that was not computed.
[[nodiscard]] double surpriseOf(float probability);
/// Faint for expected words, strong from 8 bits (1 in 256) on; keeps the text readable. Invalid where the probability was not computed.
[[nodiscard]] QColor surpriseTint(float probability, const QPalette& palette);
/// The scale in one line of rich text: "expected ▪▪▪▪▪ surprising".
[[nodiscard]] QString surpriseLegend(const QPalette& palette);

}  // namespace loom::ui
