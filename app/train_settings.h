// SPDX-License-Identifier: GPL-3.0-or-later
// The last set-up of the Train page in the settings file.
#pragma once

#include "core/data/train_setup.h"

class QSettings;

namespace loom::app {

/// Values that make no sense are replaced by their defaults. The run's name is not remembered: the next run is another one.
[[nodiscard]] TrainSetup loadTrainSetup(const QSettings& file);
void saveTrainSetup(QSettings& file, const TrainSetup& setup);

}  // namespace loom::app
