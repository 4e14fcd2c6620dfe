// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/run_summary.h"

namespace loom {

std::string_view name(RunState state) {
    switch (state) {
        case RunState::Running: return "running";
        case RunState::Stopped: return "stopped";
        case RunState::Finished: return "finished";
        case RunState::Broken: return "broken";
    }
    return "?";
}

}  // namespace loom
