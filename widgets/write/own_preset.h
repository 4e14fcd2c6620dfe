// SPDX-License-Identifier: GPL-3.0-or-later
// OwnPreset: sampler settings that a person gave a name.
#pragma once

#include <QString>

#include "core/data/samplers.h"

namespace loom::ui {

inline constexpr int kMostOwnPresets = 50;

struct OwnPreset {
    QString name;
    SamplerSettings samplers;
    bool operator==(const OwnPreset&) const = default;
};

}  // namespace loom::ui
