// SPDX-License-Identifier: GPL-3.0-or-later
// CurrentJob: the job of one kind whose results are wanted, and how it is stopped.
#pragma once

#include <stop_token>

#include "core/data/ids.h"

namespace loom::session {

/// Id 0 = none.
struct CurrentJob {
    JobId id;
    std::stop_source stop{std::nostopstate};

    [[nodiscard]] bool running() const { return id != JobId{}; }
    [[nodiscard]] bool is(JobId other) const { return running() && id == other; }
    void begin(JobId job) {
        id = job;
        stop = std::stop_source();
    }
    void end() { id = JobId{}; }
    void drop() {
        stop.request_stop();
        end();
    }
};

}  // namespace loom::session
