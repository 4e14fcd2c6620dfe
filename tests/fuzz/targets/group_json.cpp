// SPDX-License-Identifier: GPL-3.0-or-later
// group.json: which runs of a folder are twins.
#include "core/engine/train/twin_group.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void group_json(std::string_view input) {
    file("group.json", input);
    refusable([&] {
        const TwinGroup group = readTwinGroup(folder());
        require(!group.twins.empty());
        for (const std::string& twin : group.twins) require((folder() / twin).parent_path() == folder());  // nothing leads elsewhere
    });
}

}  // namespace loom::fuzz
