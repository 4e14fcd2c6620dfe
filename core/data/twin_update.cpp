// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/twin_update.h"

#include <algorithm>

namespace loom {

void TwinPace::add(const TwinTick& tick) {
    m_times.resize(std::max(m_times.size(), tick.tokens.size()));
    if (tick.number == 0) return;  // the prompt's time
    for (std::size_t i = 0; i < tick.tokens.size(); ++i) {
        if (!tick.tokens[i]) continue;
        std::vector<double>& times = m_times[i];
        if (times.size() == m_most) times.erase(times.begin());
        times.push_back(std::chrono::duration<double, std::milli>(tick.tokens[i]->time).count());
    }
}

double TwinPace::milliseconds(std::size_t who) const {
    if (who >= m_times.size() || m_times[who].empty()) return 0;
    std::vector<double> times = m_times[who];
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

}  // namespace loom
