// SPDX-License-Identifier: GPL-3.0-or-later
// KeptMemory: while one lives, the C library keeps freed blocks instead of giving them back to the system.
#pragma once

namespace loom::lab {

/// Every training step takes and returns the same large blocks. Given back to the system each time, they would be cleared page by page
/// when taken again: a tenth of the time of a step. The last one that dies restores the usual thresholds and gives back what is free.
/// Any thread. Does nothing where the C library is not glibc.
class KeptMemory {
public:
    KeptMemory();
    ~KeptMemory();
    KeptMemory(const KeptMemory&) = delete;
    KeptMemory& operator=(const KeptMemory&) = delete;
};

}  // namespace loom::lab
