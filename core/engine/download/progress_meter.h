// SPDX-License-Identifier: GPL-3.0-or-later
// ProgressMeter: how fast a download is, said at most ten times a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "core/engine/download/download.h"

namespace loom {

class ProgressMeter {
public:
    explicit ProgressMeter(const DownloadObserver& observer) : m_observer(observer) {}

    /// A new phase is always said.
    void show(DownloadPhase phase, std::int64_t done, std::int64_t total) {
        const auto now = Clock::now();
        const bool fresh = phase != m_phase || m_samples.empty() || done < m_samples.back().done;
        if (!fresh && now - m_said < kBetween) return;
        if (fresh) m_samples.clear();
        m_phase = phase;
        m_said = now;
        m_samples.push_back({now, done});
        while (m_samples.size() > 2 && now - m_samples[1].when > kWindow) m_samples.pop_front();
        if (!m_observer) return;
        DownloadProgress progress{phase, done, total};
        const double seconds = std::chrono::duration<double>(now - m_samples.front().when).count();
        const std::int64_t gained = done - m_samples.front().done;
        if (seconds >= kLeastSeconds && gained > 0) {
            progress.bytesPerSecond = static_cast<double>(gained) / seconds;
            if (total > 0) progress.secondsLeft = static_cast<double>(total - done) / progress.bytesPerSecond;
        }
        m_observer(progress);
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds kBetween{100};
    static constexpr std::chrono::seconds kWindow{5};
    static constexpr double kLeastSeconds = 0.5;
    struct Sample {
        Clock::time_point when;
        std::int64_t done;
    };

    const DownloadObserver& m_observer;
    DownloadPhase m_phase = DownloadPhase::Connecting;
    std::deque<Sample> m_samples;
    Clock::time_point m_said;
};

}  // namespace loom
