// SPDX-License-Identifier: GPL-3.0-or-later
// Colours of cache lanes.
#include "widgets/common/lane_colour.h"

#include <algorithm>

namespace loom::ui {

QColor laneColour(CacheLane lane) {
    switch (lane) {
        case CacheLane::Keys: return colour(Meaning::FullCache);
        case CacheLane::Values: return colour(Meaning::FullCache).darker(140);
        case CacheLane::Latent: return colour(Meaning::Latent);
        case CacheLane::RotaryKey: return colour(Meaning::RotaryKey);
        case CacheLane::KeyLatent: return colour(Meaning::Latent);
        case CacheLane::ValueLatent: return colour(Meaning::Latent).darker(140);
    }
    return {};
}

Meaning formMeaning(CacheForm form) { return form == CacheForm::Latent ? Meaning::Latent : Meaning::FullCache; }

QColor normColour(CacheLane lane, float norm, std::pair<float, float> range, const QPalette& palette) {
    const float span = range.second - range.first;
    const float place = span > 0 ? std::clamp((norm - range.first) / span, 0.0F, 1.0F) : 1.0F;
    const QColor full = laneColour(lane);
    const QColor back = palette.color(QPalette::Window);
    const float share = 0.22F + 0.78F * place;
    const auto mix = [share](float from, float to) { return from + (to - from) * share; };
    return QColor::fromRgbF(mix(back.redF(), full.redF()), mix(back.greenF(), full.greenF()), mix(back.blueF(), full.blueF()));
}

}  // namespace loom::ui
