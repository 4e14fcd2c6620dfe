// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom.json: a model's name and twin.
#include "core/engine/checkpoint/model_notes.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void latentloom_json(std::string_view input) {
    file("latentloom.json", input);
    refusable([&] { require(readModelNotes(folder()).name.size() <= kLongestModelName); });
}

}  // namespace loom::fuzz
