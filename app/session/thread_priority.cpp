// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/thread_priority.h"

#include <QThread>

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace loom::session {

#ifdef __linux__

namespace {
constexpr int kNice = 15;  ///< a thirtieth of the time beside a thread that computes all the time
id_t thisThread() { return static_cast<id_t>(syscall(SYS_gettid)); }
}  // namespace

// Linux keeps a nice value for each thread, whatever POSIX says of processes.
void lowerPriorityOfThisThread() {
    if (niceOfThisThread() < kNice) setpriority(PRIO_PROCESS, thisThread(), kNice);
}
int niceOfThisThread() { return getpriority(PRIO_PROCESS, thisThread()); }

#else

void lowerPriorityOfThisThread() { QThread::currentThread()->setPriority(QThread::LowestPriority); }
int niceOfThisThread() { return 0; }

#endif

}  // namespace loom::session
