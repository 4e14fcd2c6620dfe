// SPDX-License-Identifier: GPL-3.0-or-later
// Where the models lie that come with the program.
#pragma once

#include <QString>

namespace loom::app {

/// The pair of networks that the window opens with: folders inside the shipped models.
inline constexpr const char* kDemoModel = "demo-mla";
inline constexpr const char* kDemoTwin = "demo-mha";

/// The first of these folders that holds the demo model: `chosen` (LATENTLOOM_MODELS; alone, where it is set), models in the source
/// tree that the program was built in, share/latentloom/models beside the bin folder it was installed in. Empty = none came with it.
[[nodiscard]] QString shippedModels(const QString& programFolder, const QString& chosen);

}  // namespace loom::app
