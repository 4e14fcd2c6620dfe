// SPDX-License-Identifier: GPL-3.0-or-later
// run.json: what a training run was asked for, with the configuration in it.
#include "core/engine/train/run_folder.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void run_json(std::string_view input) {
    file("run.json", input);
    refusable([&] {
        const RunFolder run = RunFolder::open(folder());
        (void)parseTrainConfig(run.request().config, "run.json", 0);
    });
}

}  // namespace loom::fuzz
