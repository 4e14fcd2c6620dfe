// SPDX-License-Identifier: GPL-3.0-or-later
// WriteInput: what a person asks for on the Write page.
#pragma once

#include <cstdint>
#include <optional>

#include <QMetaType>
#include <QString>

#include "core/data/generate.h"

namespace loom::ui {

struct WriteInput {
    QString prompt;  ///< may be empty: go on from where the story is
    SamplerSettings samplers;
    std::optional<std::uint64_t> seed;  ///< none: a new one is drawn
    std::int64_t maxTokens = 256;
    BeamSearch beams = {};
};

}  // namespace loom::ui

Q_DECLARE_METATYPE(loom::ui::WriteInput)
