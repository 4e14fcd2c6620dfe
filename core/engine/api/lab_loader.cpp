// SPDX-License-Identifier: GPL-3.0-or-later
// loadLab: finds libloom_lab beside libloom_engine and loads it at the first call. Starting a program must not pay for LibTorch.
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/engine/api/lab.h"

namespace loom {
namespace {

constexpr const char* kHint = "Build or install LatentLoom again, with the LibTorch it was built with";

/// The folder of the shared object that holds this code.
std::filesystem::path ownFolder() {
    static const char here = 0;
    Dl_info info{};
    if (dladdr(&here, &info) == 0 || info.dli_fname == nullptr) throw Error{"The engine cannot find its own folder", {}, kHint};
    return std::filesystem::absolute(info.dli_fname).parent_path();
}

std::string loaderReason() {
    const char* reason = dlerror();
    return reason == nullptr ? "unknown reason" : reason;
}

Lab* load() {
    const std::filesystem::path library = ownFolder() / LOOM_LAB_FILE;
    // OpenMP reads this when it is loaded. Threads that wait by spinning would take the processor from the window and from
    // other programs: on a busy machine one token then takes ten times as long. A person's own setting wins.
    ::setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0);
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw Error{"LibTorch's part of the program cannot be loaded: " + loaderReason(), library.string(), kHint};
    // POSIX guarantees that a symbol's address fits a function pointer.
    const auto create = reinterpret_cast<Lab* (*)()>(dlsym(handle, "loomCreateLab"));
    if (create == nullptr) throw Error{"This library is not LatentLoom's lab: " + loaderReason(), library.string(), kHint};
    return create();
}

}  // namespace

Result<Lab*> loadLab() {
    static const Result<Lab*> lab = guarded(load);  // once, whichever thread comes first
    return lab;
}

}  // namespace loom
