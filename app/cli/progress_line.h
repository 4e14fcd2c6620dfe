// SPDX-License-Identifier: GPL-3.0-or-later
// ProgressLine: how far a long command is, on stderr, once a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace loom::cli {

/// On a terminal one line that is written over; elsewhere a line each time.
class ProgressLine {
public:
    ~ProgressLine();
    /// "WHAT, 12 s left" at most once a second, the first time after a second. The time left is judged from when `phase` began.
    void update(const std::string& what, std::int64_t done, std::int64_t total, int phase = 0);

    /// A whole line as it stands, at most once a second.
    void show(const std::string& line);
    /// A line of its own that stays.
    void note(const std::string& line);

private:
    int m_phase = 0;
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point m_last = m_start;
    bool m_open = false;  // a line on the terminal waits for its end
};

}  // namespace loom::cli
