// SPDX-License-Identifier: GPL-3.0-or-later
// loadLab: finds libloom_lab beside libloom_engine and loads it at the first call. Starting a program must not pay for LibTorch.
#include <cstdlib>

#include "core/engine/api/beside_engine.h"
#include "core/engine/api/lab.h"

namespace loom {
namespace {

Lab* load() {
    // OpenMP reads this when it is loaded. Threads that wait by spinning would take the processor from the window and from
    // other programs: on a busy machine one token then takes ten times as long. A person's own setting wins.
    ::setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0);
    // POSIX guarantees that a symbol's address fits a function pointer.
    const auto create = reinterpret_cast<Lab* (*)()>(loadBesideEngine({LOOM_LAB_FILE, "loomCreateLab", "LibTorch's part of the program"}));
    return create();
}

}  // namespace

Result<Lab*> loadLab() {
    static const Result<Lab*> lab = guarded(load);  // once, whichever thread comes first
    return lab;
}

}  // namespace loom
