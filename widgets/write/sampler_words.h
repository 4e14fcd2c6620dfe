// SPDX-License-Identifier: GPL-3.0-or-later
// What a person reads about the samplers: names, explanations, and how their numbers are set.
#pragma once

#include <QString>

#include "core/data/samplers.h"

namespace loom::ui {

[[nodiscard]] QString stageName(SamplerStage stage);
/// Two short sentences.
[[nodiscard]] QString stageHelp(SamplerStage stage);
/// Name and help of a number beside the main one.
struct ParameterWords {
    QString name, help;
};
[[nodiscard]] ParameterWords parameterWords(const SamplerParameter& parameter);
/// "Precise", …
[[nodiscard]] QString presetName(const SamplerPreset& preset);

/// How a number is set in the panel.
struct ParameterRange {
    double least = 0;
    double most = 1;
    double sliderMost = 1;  ///< the slider ends here, the number may go on
    double step = 0.01;
    int decimals = 2;
    bool offAtLeast = true;  ///< the least value is shown as "off"
};
[[nodiscard]] ParameterRange parameterRange(const SamplerParameter& parameter);

/// What a stage did, in a few words: "31 left, 95 %", "moves 12 %".
[[nodiscard]] QString traceText(const StageTrace& trace);

}  // namespace loom::ui
