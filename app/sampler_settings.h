// SPDX-License-Identifier: GPL-3.0-or-later
// How the Write page chooses words, in the settings file: samplers, beam search, a person's own presets.
#pragma once

#include <vector>

#include "core/data/generate.h"
#include "widgets/write/own_preset.h"

class QSettings;

namespace loom::app {

// Values that make no sense are replaced by their defaults.
[[nodiscard]] SamplerSettings loadSamplers(const QSettings& file);
void saveSamplers(QSettings& file, const SamplerSettings& settings);
[[nodiscard]] BeamSearch loadBeams(const QSettings& file);
void saveBeams(QSettings& file, const BeamSearch& beams);
[[nodiscard]] std::vector<ui::OwnPreset> loadOwnPresets(const QSettings& file);
void saveOwnPresets(QSettings& file, const std::vector<ui::OwnPreset>& presets);

}  // namespace loom::app
