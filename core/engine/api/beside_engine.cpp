// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/api/beside_engine.h"

#include <dlfcn.h>

#include <filesystem>
#include <system_error>

#include "core/data/error.h"

namespace loom {
namespace {

constexpr const char* kHint = "Build or install LatentLoom again, with the libraries it was built with";

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

}  // namespace

void* loadBesideEngine(const LibraryBesideEngine& library) {
    const std::filesystem::path path = ownFolder() / library.file;
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw Error{std::string(library.whatItIs) + " cannot be loaded: " + loaderReason(), path.string(), kHint};
    void* found = dlsym(handle, library.symbol);
    if (found == nullptr) throw Error{"This library is not " + std::string(library.whatItIs) + ": " + loaderReason(), path.string(), kHint};
    return found;
}

bool isBesideEngine(const char* file) {
    std::error_code ignored;
    return std::filesystem::exists(ownFolder() / file, ignored);
}

}  // namespace loom
