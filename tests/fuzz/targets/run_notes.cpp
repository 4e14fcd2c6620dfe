// SPDX-License-Identifier: GPL-3.0-or-later
// run_notes.json, and what a list says of a folder with it.
#include "core/engine/train/run_notes.h"

#include "core/engine/train/run_list.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void run_notes(std::string_view input) {
    file("run_notes.json", input);
    refusable([&] { require(readRunNotes(folder()).notes.size() <= kLongestRunNotes); });
    file("run.json", "{}");
    require(readRun(folder()).state == RunState::Broken);  // and no Error, whatever the notes hold
}

}  // namespace loom::fuzz
