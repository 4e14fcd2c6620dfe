// SPDX-License-Identifier: GPL-3.0-or-later
// training.json, the model card.
#include "core/engine/checkpoint/model_card.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void model_card(std::string_view input) {
    const auto path = file("training.json", input);
    refusable([&] { (void)readModelCard(path); });
}

}  // namespace loom::fuzz
