// SPDX-License-Identifier: GPL-3.0-or-later
// What the debug overlay shows: timings, queues and bytes of the running app.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/data/ids.h"

namespace loom {

/// How long the last 120 frames of the window took to draw, in milliseconds, oldest first.
class FrameTimes {
public:
    static constexpr std::size_t kCapacity = 120;

    void add(float milliseconds) {
        m_values[m_next] = milliseconds;
        m_next = (m_next + 1) % kCapacity;
        if (m_count < kCapacity) ++m_count;
    }
    [[nodiscard]] std::size_t size() const { return m_count; }
    /// 0 = oldest. `index` must be below size().
    [[nodiscard]] float at(std::size_t index) const { return m_values[(m_next + kCapacity - m_count + index) % kCapacity]; }

private:
    std::array<float, kCapacity> m_values{};
    std::size_t m_next = 0;
    std::size_t m_count = 0;
};

/// One engine lane.
struct LaneState {
    std::string name;         ///< "interactive", "background"
    std::int64_t queued = 0;  ///< jobs that wait
    JobId current;            ///< 0 = idle
};

/// Bytes of one kind of memory.
struct BytesByKind {
    std::string kind;  ///< "weights", "cache", "activations", "optimiser", "other"
    std::int64_t bytes = 0;
    std::int64_t peak = 0;
};

struct OverlayData {
    FrameTimes frames;
    std::vector<LaneState> lanes;
    double lastDecodeMs = 0;     ///< the network's step for the last token; 0 = none yet
    std::vector<float> layerMs;  ///< the part of it that each layer took; empty until a token was written while the overlay is open
    double tokensPerSecond = 0;  ///< 0 = not known
    std::vector<BytesByKind> memory;
    std::int64_t threads = 0;         ///< that the network computes with
    std::int64_t processThreads = 0;  ///< of the whole program; 0 = not known
    std::int64_t cores = 0;
    std::int64_t residentBytes = 0;   ///< of the whole program, as the system counts them; 0 = not known
    std::string path;                 ///< "reference-absorbed", …; empty = no model
    std::int64_t slowTurns = 0;       ///< how often the window's thread was busy for over 50 ms at a stretch
    double longestTurnMs = 0;         ///< the longest of these stretches
    std::int64_t droppedBatches = 0;  ///< story updates that were merged or came too late
};

}  // namespace loom
