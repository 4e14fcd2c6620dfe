// SPDX-License-Identifier: GPL-3.0-or-later
// A training configuration.
#include "core/engine/train/train_config.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void train_config(std::string_view input) {
    const auto path = file("train.json", input);
    refusable([&] { require(vocabAskedFor(path) >= 0); });
    refusable([&] { (void)readTrainConfig(path, 4096); });
}

}  // namespace loom::fuzz
