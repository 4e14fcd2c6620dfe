// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/memory/process_usage.h"

#include <fstream>
#include <string>
#include <thread>

namespace loom {

ProcessUsage processUsage() {
    ProcessUsage usage;
    usage.cores = std::thread::hardware_concurrency();
    std::ifstream status("/proc/self/status");
    for (std::string key; status >> key;) {
        if (key == "VmRSS:") {
            status >> usage.residentBytes;
            usage.residentBytes *= 1024;
        } else if (key == "VmHWM:") {
            status >> usage.peakBytes;
            usage.peakBytes *= 1024;
        } else if (key == "Threads:") {
            status >> usage.threads;
        }
        status.ignore(4096, '\n');
    }
    return usage;
}

}  // namespace loom
