// SPDX-License-Identifier: GPL-3.0-or-later
// The pickle alone, without the archive's checksums of sizes around it; the input's last 64 bytes are what storages hold.
#include <algorithm>

#include "core/engine/checkpoint/pickle.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void pickle(std::string_view input) {
    const std::size_t held = std::min<std::size_t>(input.size() / 2, 64);
    const auto bytes = std::as_bytes(std::span(input));
    refusable([&] {
        const PickleDocument document =
            readPickle(bytes.first(bytes.size() - held), "data.pkl", [&](std::string_view) { return bytes.last(held); });
        if (const auto* root = std::get_if<PickleDict*>(&document.root)) {
            for (const auto& [key, value] : (*root)->items) {
                if (const auto* tensor = std::get_if<const TensorView*>(&value)) touch(**tensor);
            }
        }
    });
}

}  // namespace loom::fuzz
