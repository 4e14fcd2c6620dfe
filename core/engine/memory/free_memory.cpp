// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/memory/free_memory.h"

#include <fstream>
#include <string>

namespace loom {

std::optional<std::int64_t> freeMemory() {
    std::ifstream file("/proc/meminfo");
    std::string key;
    std::string unit;
    std::int64_t kibibytes = 0;
    while (file >> key >> kibibytes) {
        std::getline(file, unit);
        if (key == "MemAvailable:") return kibibytes * 1024;
    }
    return std::nullopt;
}

}  // namespace loom
