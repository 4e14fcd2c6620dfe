// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lab/train/kept_memory.h"

#include <cstdlib>
#include <limits>
#include <mutex>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace loom::lab {
namespace {

std::mutex mutex;
int living = 0;  ///< under the mutex

#ifdef __GLIBC__
// The defaults that mallopt(3) documents. There is no asking for the present values.
constexpr int kUsualMaps = 65536;
constexpr int kUsualTrim = 128 * 1024;
#endif

}  // namespace

KeptMemory::KeptMemory() {
    const std::lock_guard lock(mutex);
    if (++living > 1) return;
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

KeptMemory::~KeptMemory() {
    const std::lock_guard lock(mutex);
    if (--living > 0) return;
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, kUsualMaps);
    mallopt(M_TRIM_THRESHOLD, kUsualTrim);
    malloc_trim(0);
#endif
}

}  // namespace loom::lab
