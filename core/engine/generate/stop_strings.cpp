// SPDX-License-Identifier: GPL-3.0-or-later
// Stop strings: searching in text that arrives in pieces.
#include "core/engine/generate/stop_strings.h"

#include <algorithm>
#include <utility>

namespace loom {

StopStringMatcher::StopStringMatcher(std::vector<std::string> stops) : m_stops(std::move(stops)) {
    std::erase_if(m_stops, [](const std::string& stop) { return stop.empty(); });
}

StopStringMatcher::Progress StopStringMatcher::push(std::string_view text) {
    if (m_stopped) return {{}, true};
    m_pending += text;
    std::size_t start = std::string::npos;
    std::size_t end = std::string::npos;
    for (const std::string& stop : m_stops) {
        const std::size_t at = m_pending.find(stop);
        if (at == std::string::npos) continue;
        const std::size_t stopEnd = at + stop.size();
        if (stopEnd < end || (stopEnd == end && at < start)) {
            start = at;
            end = stopEnd;
        }
    }
    if (start != std::string::npos) {
        m_stopped = true;
        std::string shown = m_pending.substr(0, start);
        m_pending.clear();
        return {std::move(shown), true};
    }
    const std::size_t shown = m_pending.size() - heldBack();
    Progress progress{m_pending.substr(0, shown), false};
    m_pending.erase(0, shown);
    return progress;
}

std::string StopStringMatcher::flush() { return std::exchange(m_pending, {}); }

std::size_t StopStringMatcher::heldBack() const {
    const std::string_view pending = m_pending;
    std::size_t longest = 0;
    for (const std::string& stop : m_stops) {
        for (std::size_t length = std::min(stop.size() - 1, pending.size()); length > longest; --length) {
            if (pending.substr(pending.size() - length) == std::string_view(stop).substr(0, length)) {
                longest = length;
                break;
            }
        }
    }
    return longest;
}

}  // namespace loom
