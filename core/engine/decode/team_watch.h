// SPDX-License-Identifier: GPL-3.0-or-later
// TeamWatch: whether the other threads of a team help or only make a step wait.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace loom::decode {

/// Where other programs want the processor, a thread of the team is displaced for whole time slices, and all others wait for it at every
/// meeting: a step of 0.3 ms then takes 30. So steps that took several times what they can take send the team home for a while, and one
/// thread goes on alone; the results are the same. Told how long each step of one token took.
class TeamWatch {
public:
    using Time = std::chrono::duration<double>;

    /// Whether the next step is to be computed by all threads.
    [[nodiscard]] bool together() const { return m_aloneFor == 0; }
    /// What a step takes with one thread, as measured beforehand; 0 = not known.
    void setAlone(Time time) { m_best = time; }
    /// A step of one token was computed, by all threads or by one.
    void took(Time time, bool byAll) {
        if (!byAll) {
            if (m_aloneFor > 0) --m_aloneFor;
            remember(time);
            return;
        }
        const bool slow = m_best > Time{0} && time > kSlow * m_best;
        if (!slow) {
            remember(time);
            m_strikes = 0;
            if (++m_good >= kForgiven) m_rest = kFirstRest;
            return;
        }
        m_good = 0;
        if (++m_strikes < kStrikes) return;
        m_strikes = 0;
        m_aloneFor = m_rest;
        m_rest = std::min(m_rest * 2, kLongestRest);
    }

private:
    /// A fast step counts at once, a slower one little by little: texts grow, and so does what a step takes.
    void remember(Time time) { m_best = m_best == Time{0} || time < m_best ? time : std::min(time, m_best * 1.01); }

    static constexpr double kSlow = 3;
    static constexpr int kStrikes = 2;
    static constexpr int kForgiven = 200;  ///< steps without a slow one
    static constexpr std::int64_t kFirstRest = 32, kLongestRest = 1024;

    Time m_best{0};
    int m_strikes = 0;
    int m_good = 0;
    std::int64_t m_aloneFor = 0;
    std::int64_t m_rest = kFirstRest;
};

}  // namespace loom::decode
