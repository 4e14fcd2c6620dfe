// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/progress_line.h"

#include <unistd.h>

#include <cmath>
#include <iostream>

namespace loom::cli {

ProgressLine::~ProgressLine() {
    if (m_open) std::cerr << '\n';
}

void ProgressLine::update(const std::string& what, std::int64_t done, std::int64_t total, int phase) {
    const auto now = std::chrono::steady_clock::now();
    if (phase != m_phase) {
        m_phase = phase;
        m_start = now;
    }
    if (done <= 0 || now - m_last < std::chrono::seconds(1)) return;
    m_last = now;
    const double left =
        std::chrono::duration<double>(now - m_start).count() * static_cast<double>(total - done) / static_cast<double>(done);
    const bool terminal = isatty(STDERR_FILENO) != 0;
    std::cerr << (terminal ? "\r" : "") << what << ", " << std::lround(left) << " s left   " << (terminal ? "" : "\n") << std::flush;
    m_open = terminal;
}

}  // namespace loom::cli
