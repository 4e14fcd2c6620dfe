// SPDX-License-Identifier: GPL-3.0-or-later
// Loading our own libraries at the first use of what they hold.
#pragma once

#include <string>

namespace loom {

struct LibraryBesideEngine {
    const char* file;      ///< "libloom_lab.so", in the folder of libloom_engine
    const char* symbol;    ///< the function to find
    const char* whatItIs;  ///< "LibTorch's part of the program"
};

/// The address of the symbol. Names in the library are not shared with other libraries.
/// Throws Error: where it was looked for, and why it cannot be loaded.
[[nodiscard]] void* loadBesideEngine(const LibraryBesideEngine& library);

/// Whether a file of this name lies there; nothing is loaded.
[[nodiscard]] bool isBesideEngine(const char* file);

}  // namespace loom
