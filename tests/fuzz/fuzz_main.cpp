// SPDX-License-Identifier: GPL-3.0-or-later
// One target under libFuzzer; CMake says which.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const loom::fuzz::Target* const chosen = [] {
        for (const loom::fuzz::Target& target : loom::fuzz::targets()) {
            if (std::string_view(target.name) == LOOM_FUZZ_NAME) return &target;
        }
        __builtin_trap();
    }();
    loom::fuzz::run(*chosen, {reinterpret_cast<const char*>(data), size});
    return 0;
}
