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
    if (done <= 0) return;
    const double left =
        std::chrono::duration<double>(now - m_start).count() * static_cast<double>(total - done) / static_cast<double>(done);
    show(what + ", " + std::to_string(std::lround(left)) + " s left");
}

void ProgressLine::show(const std::string& line) {
    const auto now = std::chrono::steady_clock::now();
    if (now - m_last < std::chrono::seconds(1)) return;
    m_last = now;
    const bool terminal = isatty(STDERR_FILENO) != 0;
    std::cerr << (terminal ? "\r" : "") << line << (terminal ? "   " : "\n") << std::flush;
    m_open = terminal;
}

void ProgressLine::note(const std::string& line) {
    std::cerr << (m_open ? "\n" : "") << line << '\n';
    m_open = false;
}

}  // namespace loom::cli
