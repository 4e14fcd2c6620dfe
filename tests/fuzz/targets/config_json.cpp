// SPDX-License-Identifier: GPL-3.0-or-later
// config.json of every family, and the tensors that it asks for.
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void config_json(std::string_view input) {
    refusable([&] {
        const ModelConfig config = readFamilyConfig(ConfigReader(std::string(input), "config.json"));
        checkConfig(config, "config.json");
        if (config.layers <= 64) require(!expectedTensors(config).empty());
    });
}

}  // namespace loom::fuzz
