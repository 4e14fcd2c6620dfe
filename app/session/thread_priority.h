// SPDX-License-Identifier: GPL-3.0-or-later
// Work that may take hours gives way to what a person is waiting for.
#pragma once

namespace loom::session {

/// Lets other threads of this machine go first from now on. Threads that this one starts inherit it. Cannot be taken back.
/// On Linux by the thread's nice value; elsewhere by Qt's priority, where the system knows one.
void lowerPriorityOfThisThread();
/// The nice value of the calling thread; 0 where the system has none.
[[nodiscard]] int niceOfThisThread();

}  // namespace loom::session
